"""Exact comparison of values, including types and bits."""

from typing import Any

import torch
from torch import Tensor


def identical(one: Any, other: Any) -> bool:
    """True if two values of plain data are identical; NaN equals NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and _bits(one) == _bits(other)
    if isinstance(one, dict):
        return list(one) == list(other) and identical(list(one.values()), list(other.values()))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(identical, one, other))
    return one == other or (one != one and other != other)


def _bits(tensor: Tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
