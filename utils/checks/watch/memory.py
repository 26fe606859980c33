"""Counts the numbers that code would allocate, while the tensors that it creates have shapes only."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from utils.checks.watch.dispatch import DispatchWatch


class MemoryWatch(DispatchWatch):
    """A context in which new tensors are on torch's meta device, whichever device is asked for.

    `numbers` counts the elements that would have been allocated, so a model of any size can be created.
    """

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if "device" in kwargs and kwargs["device"] != torch.device("meta"):
            created = function(*args, **{**kwargs, "device": "meta"})
            self.numbers += created.numel() if isinstance(created, Tensor) else 0
            return created
        return function(*args, **kwargs)
