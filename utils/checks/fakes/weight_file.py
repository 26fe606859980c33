"""An open file of weights, as safetensors' `safe_open` gives one, which notes how it is read."""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef


class WeightFile:
    """Has `keys()` and `get_tensor(name)`. Each tensor that it hands out is in memory of its own.

    `read` notes the names in order; `most_at_once` is how many of the tensors have been in memory together.
    """

    def __init__(self, tensors: Mapping[str, Float[Tensor, "..."]]):
        self._tensors = dict(tensors)
        self._handed_out: list[StorageWeakRef] = []
        self.read: list[str] = []
        self.most_at_once = 0

    def keys(self) -> list[str]:
        """The names, in alphabetical order, as in a file on disk."""
        return sorted(self._tensors)

    def get_tensor(self, name: str) -> Float[Tensor, "..."]:
        """The tensor of that name, read from the file.

        Raises:
            KeyError: the file has no such tensor.
        """
        if name not in self._tensors:
            raise KeyError(f"The file has no tensor {name}.")
        tensor = self._tensors[name].clone()
        self.read.append(name)
        self._handed_out.append(StorageWeakRef(tensor.untyped_storage()))
        self.most_at_once = max(self.most_at_once, sum(not each.expired() for each in self._handed_out))
        return tensor
