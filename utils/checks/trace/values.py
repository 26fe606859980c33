"""Values as the trace keeps them: numbers as an array, everything else as text; always copies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

MAX_NUMBERS = 2**16
"""The largest tensor that is recorded; a larger one takes longer to copy than its step is worth."""
_MAX_ITEMS = 4000
"""The largest list or dict that is recorded, with all that is inside it."""
_DIGITS = 5


@dataclass(frozen=True, eq=False)
class Value:
    """A copy of the value of a variable or of an operation's result."""

    array: np.ndarray | None = None
    """Its numbers in float64, for a number, a tensor, or a list of numbers or tensors."""
    text: str = ""
    """For strings, lists, dicts and sets: the value as a Python literal."""
    is_tensor: bool = False

    @property
    def is_number(self) -> bool:
        """True for one Python number."""
        return self.array is not None and not self.is_tensor and not self.text and self.array.ndim == 0


def copy_of(value: Any) -> Value | None:
    """Returns a copy of a value; None if it is of a kind that the trace does not record."""
    try:
        with torch._C.DisableTorchFunction():
            return _copy_of(value)
    except Exception:  # a tensor inside vmap has no numbers of its own, a student's class may raise anything
        return None


def _copy_of(value: Any) -> Value | None:
    if isinstance(value, Tensor | np.ndarray):
        array = _array(value)
        return None if array is None else Value(array, is_tensor=True)
    if isinstance(value, bool | int | float):
        return Value(np.asarray(value, dtype=np.float64)) if abs(value) < 2**53 else Value(text=repr(value))
    if not isinstance(value, str | bytes | list | tuple | dict | set | frozenset):
        return None
    if isinstance(value, list | tuple) and any(
        isinstance(each, Tensor | np.ndarray) for each in _leaves(value)
    ):
        return _of_tensors(value)
    left = [_MAX_ITEMS]
    text = repr(_plain(value, left))
    return Value(_numbers(value), text) if left[0] >= 0 else None


def _of_tensors(value: Any) -> Value | None:
    """Returns the numbers of a list of tensors, which may hold single numbers too, one after the other."""
    leaves = [each for each in _leaves(value) if each is not None]
    if not all(isinstance(each, Tensor | np.ndarray | int | float) for each in leaves):
        return None
    arrays = [np.asarray(each) if isinstance(each, int | float) else _array(each) for each in leaves]
    flat = [each.ravel() for each in arrays if each is not None]
    if len(flat) < len(leaves) or sum(each.size for each in flat) > MAX_NUMBERS:
        return None
    return Value(np.concatenate(flat).astype(np.float64), is_tensor=True)


def _array(value: Any) -> np.ndarray | None:
    if isinstance(value, Tensor):
        plain = value.layout is torch.strided and value.device.type == "cpu" and not value.is_complex()
        if not plain or not 0 < value.numel() <= MAX_NUMBERS or value.is_quantized:
            return None
        return np.array(value.detach().to(torch.float64).numpy())
    if value.dtype.kind not in "biuf" or not 0 < value.size <= MAX_NUMBERS:
        return None
    return value.astype(np.float64)


class _NotPlain(Exception):
    """A value that cannot be written as a literal."""


def _plain(value: Any, left: list[int]) -> Any:
    """Returns the value made of Python's own types, numbers rounded; counts the items in `left` down."""
    left[0] -= 1
    if left[0] < 0:
        return None
    if isinstance(value, dict):
        return {_plain(key, left): _plain(item, left) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, left) for item in value]
    if isinstance(value, tuple):
        return tuple(_plain(item, left) for item in value)
    if isinstance(value, set | frozenset):
        return sorted((_plain(item, left) for item in value), key=repr)
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Tensor) and value.numel() == 1:
        return _plain(value.item(), left)
    if value is None or isinstance(value, str | bytes | bool | int):
        return value
    raise _NotPlain


def _numbers(value: Any) -> np.ndarray | None:
    """Returns the numbers of a list that holds nothing else."""
    leaves = list(_leaves(value))
    if not leaves or not all(isinstance(each, int | float) for each in leaves):
        return None
    try:
        return np.asarray(value, dtype=np.float64)
    except (ValueError, TypeError):  # rows of different lengths
        return None


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
