"""Disables torch's autograd where the derivative is the exercise, and records derivatives computed anyway."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.autograd.graph import saved_tensors_hooks

DERIVATIVE = "torch.autograd.grad"
"""The name under which every derivative that torch computes is recorded."""


def forbids_derivatives(forbidden: Sequence[str]) -> bool:
    """True if one of the names belongs to autograd."""
    return any(name.startswith("torch.autograd") for name in forbidden)


@contextlib.contextmanager
def derivative_watch(forbidden: Sequence[str], seen: dict[str, None]) -> Iterator[None]:
    """A context in torch's inference mode if one of the `forbidden` names belongs to autograd; else a null
    context.

    In inference mode torch records no graph for a derivative. Code can leave it; what it then records goes
    through saved-tensor hooks, and a derivative that reads it, by `backward` or by calling a node directly,
    adds `DERIVATIVE` to `seen`.
    """
    if not forbids_derivatives(forbidden):
        yield
        return

    def unpack(saved: Any) -> Any:
        seen[DERIVATIVE] = None
        return saved

    with saved_tensors_hooks(lambda tensor: tensor, unpack), torch.inference_mode():
        yield
