"""Keeps the judge from taking a student's tensor apart into millions of small ones."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

LONGEST = 20_000
"""Over how many entries a tensor may be iterated: more than any right answer has along an axis that is looked
at entry by entry. Each entry becomes a tensor of its own: some microseconds and hundreds of bytes."""


class ShortIteration(TorchFunctionMode):
    """A context in which iterating over a long tensor, as unpacking it does, raises a ValueError."""

    def __torch_function__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(function, "__name__", "") == "unbind" and isinstance(args[0], Tensor):
            tensor, axis = args[0], _axis(*args[1:], **(kwargs or {}))
            if tensor.dim() and tensor.shape[axis] > LONGEST:
                raise ValueError(f"A tensor of shape {tuple(tensor.shape)} is not looked at entry by entry.")
        return function(*args, **(kwargs or {}))


def _axis(dim: int = 0) -> int:
    return dim
