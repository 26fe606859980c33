"""A fake of an open file of weights, as safetensors' `safe_open` returns one, that records how it is read."""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef


class WeightFile:
    """A file with `keys()` and `get_tensor(name)`. Each tensor that it returns has its own memory.

    `read` holds the names in the order in which they were read; `most_at_once` is the largest number of its
    tensors that were in memory together.
    """

    def __init__(self, tensors: Mapping[str, Float[Tensor, "..."]]):
        self._tensors = dict(tensors)
        self._storages: list[StorageWeakRef] = []
        self.read: list[str] = []
        self.most_at_once = 0

    def keys(self) -> list[str]:
        """Returns the names in alphabetical order, as for a file on disk."""
        return sorted(self._tensors)

    def get_tensor(self, name: str) -> Float[Tensor, "..."]:
        """Returns the tensor of that name, read from the file.

        Raises:
            KeyError: the file has no such tensor.
        """
        if name not in self._tensors:
            raise KeyError(f"The file has no tensor {name}.")
        tensor = self._tensors[name].clone()
        self.read.append(name)
        self._storages.append(StorageWeakRef(tensor.untyped_storage()))
        self.most_at_once = max(self.most_at_once, sum(not each.expired() for each in self._storages))
        return tensor
