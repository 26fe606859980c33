"""Measures the largest tensor that code makes on its way."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_leaves

from utils.checks.watch.dispatch import DispatchWatch


class LargestTensor(DispatchWatch):
    """A context that measures how many numbers the largest tensor holds that torch gives out in it.

    A view counts as the tensor whose memory it shares.
    """

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = function(*args, **(kwargs or {}))
        for each in tree_leaves(output):
            if isinstance(each, Tensor):
                held = each.untyped_storage().nbytes() // each.element_size()
                self.numbers = max(self.numbers, held)
        return output
