"""Limits on a changed version of a student's code: on its time, and on the size of what it computes."""

import itertools
import math
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor

from utils.checks.trace.recorder import Recorder, Stop
from utils.checks.trace.statements import is_cell

MAX_NUMBERS = 2**24
"""The largest tensor, or list, that a changed version may make: one that cannot be stopped half-way."""
_CALLS = 64
"""After so many calls of Python functions the clock is looked at."""
_FROM_DATA = {"tensor", "as_tensor", "asarray", "from_numpy", "manual_seed", "set_default_dtype"}
_FROM_ENDS = {"arange", "linspace", "logspace"}
_MULTIPLES = {
    *("repeat", "expand", "tile", "repeat_interleave", "one_hot", "pad", "unfold", "broadcast_to"),
    *("new_zeros", "new_ones", "new_full", "new_empty", "triu_indices", "tril_indices"),
}
_MATRIX_PRODUCTS = {"matmul", "__matmul__", "__rmatmul__", "mm", "bmm"}
_OUTER_PRODUCTS = {"outer", "ger", "kron", "cartesian_prod", "cdist"}


class TimeLimit(Recorder):
    """A context that records nothing, and ends the code when its time is over, in libraries too."""

    _calls = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Calls the function, if there is time and its result is not too large.

        Raises:
            Stop: otherwise.
        """
        too_much = self._is_used_up() or size_of_result(func, args, kwargs or {}) > MAX_NUMBERS
        if too_much and not _is_importing(sys._getframe()):
            raise Stop
        return func(*args, **(kwargs or {}))

    def _on_call(self, frame: FrameType, event: str, arg: Any) -> Any:
        self._calls += 1
        if self._calls % _CALLS == 0 and self._is_used_up() and not _is_importing(frame):
            raise Stop
        return self._on_event if self._is_students(frame.f_code) else None

    def _is_students(self, code: CodeType) -> bool:
        # Generators and comprehensions too: a loop in them may not end.
        if code.co_filename not in self._is_cell:
            self._is_cell[code.co_filename] = is_cell(code.co_filename)
        return self._is_cell[code.co_filename]

    def _on_event(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self._check_budget()
        return self._on_event


def size_of_result(func: Any, args: tuple, kwargs: dict[str, Any]) -> int:
    """Returns how many numbers a torch function's result has at most; 0 where it is no more than its inputs.

    Args:
        func: As `__torch_function__` is given it.
        args: Its arguments.
        kwargs: Its keyword arguments.
    """
    name = getattr(func, "__name__", "")
    if name in _FROM_DATA or name.startswith("__get"):
        return 0
    leaves = list(_leaves((args, tuple(kwargs.values()))))
    tensors = [each for each in leaves if isinstance(each, Tensor)]
    numbers = [abs(each) for each in leaves if isinstance(each, int | float) and math.isfinite(each)]
    if name in _FROM_ENDS:
        return int(max(numbers, default=0))
    sizes = math.prod(int(each) for each in numbers if each > 1)
    if not tensors:
        return sizes**2 if name == "eye" and len(numbers) == 1 else sizes
    largest = max(each.numel() for each in tensors)
    if name in _MULTIPLES:
        return largest * sizes
    if len(tensors) < 2 or largest ** len(tensors) <= MAX_NUMBERS:
        return 0
    shapes = [tuple(each.shape) for each in tensors]
    if name in _MATRIX_PRODUCTS and min(map(len, shapes)) >= 2:
        one, other = shapes[:2]
        return _broadcast(one[:-2], other[:-2]) * one[-2] * other[-1]
    if name in _OUTER_PRODUCTS:
        return math.prod(each.numel() for each in tensors)
    return _broadcast(*shapes)


def _broadcast(*shapes: tuple[int, ...]) -> int:
    """Returns how many numbers tensors of these shapes have together; not torch's function, which is slow."""
    size = 1
    for axes in itertools.zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        largest = max(axes)
        if any(each not in (1, largest) for each in axes):
            return 0  # not a function of each number for itself
        size *= largest
    return size


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple | torch.Size):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def times(one: Any, other: Any) -> Any:
    """Returns the product, in which a list or text must not become too long.

    Raises:
        Stop: it would.
    """
    for items, number in ((one, other), (other, one)):
        is_repeated = isinstance(items, list | tuple | str | bytes) and isinstance(number, int)
        if is_repeated and len(items) * number > MAX_NUMBERS // 16:
            raise Stop
    return one * other


def _is_importing(frame: FrameType | None) -> bool:
    """Returns True inside an import, which must not end half-way."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
