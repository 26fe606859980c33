"""Keeps the judge from iterating over a student's tensor of millions of entries."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

MAX_LENGTH = 20_000
"""The longest axis over which a tensor may be iterated: longer than any right answer needs.

Each entry becomes a tensor of its own, which takes some microseconds and hundreds of bytes.
"""


class ShortIteration(TorchFunctionMode):
    """A context in which iterating over a long tensor, as unpacking it does, raises a ValueError."""

    def __torch_function__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(function, "__name__", "") == "unbind" and isinstance(args[0], Tensor):
            tensor, axis = args[0], _axis(*args[1:], **(kwargs or {}))
            if tensor.dim() and tensor.shape[axis] > MAX_LENGTH:
                raise ValueError(f"A tensor of shape {tuple(tensor.shape)} is not looked at entry by entry.")
        return function(*args, **(kwargs or {}))


def _axis(dim: int = 0) -> int:
    return dim
