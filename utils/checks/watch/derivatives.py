"""Where the derivative is the exercise, torch's autograd is out of reach; and it is seen where it is not."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.autograd.graph import saved_tensors_hooks

DERIVATIVE = "torch.autograd.grad"
"""The name under which every derivative that torch computes is noted."""


def forbids_derivatives(forbidden: Sequence[str]) -> bool:
    """Whether one of the names is of autograd."""
    return any(name.startswith("torch.autograd") for name in forbidden)


@contextlib.contextmanager
def derivative_watch(forbidden: Sequence[str], seen: dict[str, None]) -> Iterator[None]:
    """Inference mode, in which torch records nothing that a derivative could be computed from, if one of the
    `forbidden` names is of autograd; else nothing.

    Code can leave inference mode. What it then records is recorded through our hooks, and a derivative that
    reads it, by `backward` or by a node that is called by hand, is noted in `seen`.
    """
    if not forbids_derivatives(forbidden):
        yield
        return

    def unpack(saved: Any) -> Any:
        seen[DERIVATIVE] = None
        return saved

    with saved_tensors_hooks(lambda tensor: tensor, unpack), torch.inference_mode():
        yield
