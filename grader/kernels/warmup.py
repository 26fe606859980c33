"""Does once, in the fork server, what is slow the first time, so that it is fast in every kernel."""

import importlib
import linecache
from typing import Any

import torch
from torch import Tensor, nn

from utils import reference
from utils.checks.engine.observation import observe

_CELL = "from IPython.display import display\ndisplay(1)\nprint(2)\nvalue = 3\nvalue"


def warm_up(shell: Any) -> None:
    """Runs a cell, and checks a small exercise: on the CPU, on the meta device, with gradients."""
    from grader.kernels.shell import run_cell

    importlib.import_module("grader.kernels.box_init")
    run_cell(shell, _CELL, 1000)
    run_cell(shell, "raise ValueError", 1000)
    module = nn.Linear(2, 2)
    inputs = {"x": torch.ones(2, 2), "mask": torch.ones(2, 2).triu() == 1}
    for submission in (_small_exercise, lambda x, mask: module(x)):
        observe(lambda each, x, mask: each(x, mask), submission, inputs, ("torch.softmax",), True)
    module(torch.ones(1, 2)).sum().backward()
    reference.choose("storyteller")  # the only one inside; its files are verified once, here
    reference.load()  # including the line that names the reference, since finding that out takes time
    shell.reset(new_session=True, aggressive=False)
    linecache.clearcache()


def _small_exercise(x: Tensor, mask: Tensor) -> Tensor:
    scores = torch.einsum("ab,cb->ac", x, x).masked_fill(mask, float("-inf"))
    return (scores.exp() @ x).nan_to_num() + x.mean(-1, keepdim=True)
