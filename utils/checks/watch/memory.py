"""How many numbers code makes in memory, while the tensors that it makes have shapes only."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class MemoryWatch(TorchDispatchMode):
    """A context in which new tensors are made on torch's meta device, whichever was asked for.

    `numbers` counts those that would have been in memory. So a model of any size can be asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if "device" in kwargs and kwargs["device"] != torch.device("meta"):
            made = function(*args, **{**kwargs, "device": "meta"})
            self.numbers += made.numel() if isinstance(made, Tensor) else 0
            return made
        return function(*args, **kwargs)
