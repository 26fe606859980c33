"""Cases: the inputs that a check tries, drawn from a seed. Another seed gives others of the same kind."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

if TYPE_CHECKING:
    from utils.reference import Reference

PUBLIC_SEED = 2019
"""The seed of the cases that students see (the year of GPT-2)."""


@dataclass(frozen=True, eq=False)  # its inputs are tensors, so it equals and hashes as itself alone
class Case:
    """The inputs of one call of the student's code."""

    label: str
    """A description for the report: `square scores, batch 2 · heads 3`."""
    inputs: dict[str, Any] = field(repr=False)
    """Plain data, by the names of the parameters of the check's `run`."""


class Draw:
    """A source of random sizes and tensors for cases. The same seed draws the same values on every machine.

    The sizes of one case are pairwise distinct, since two equal sizes would hide swapped axes.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self._random = random.Random(seed)
        self._generator = torch.Generator().manual_seed(seed)

    def sizes(self, *names: str, among: Sequence[int] = range(2, 10)) -> "Sizes":
        """Returns pairwise distinct sizes for the named axes, each one of `among`."""
        return Sizes(zip(names, self._random.sample(list(among), len(names)), strict=True))

    def sizes_with_one(self, *names: str, among: Sequence[int] = range(2, 10)) -> list["Sizes"]:
        """Returns, for each axis, sizes in which it alone is 1, and then sizes in which every axis is 1.

        Only such sizes reveal a `squeeze` without an axis, or an index used in its place.
        """
        drawn = [(one, self.sizes(*names, among=among)) for one in names]
        return [*(Sizes(sizes | {one: 1}) for one, sizes in drawn), Sizes(dict.fromkeys(names, 1))]

    def normal(self, *shape: int, scale: float = 1.0) -> Float[Tensor, "*shape"]:
        """Returns normally distributed numbers with mean 0 and standard deviation `scale`."""
        return torch.randn(shape, generator=self._generator) * scale

    def integers(self, low: int, high: int, *shape: int) -> Int[Tensor, "*shape"]:
        """Returns integers from `low` up to, but not including, `high`."""
        return torch.randint(low, high, shape, generator=self._generator)

    def booleans(self, *shape: int, share: float = 0.5) -> Bool[Tensor, "*shape"]:
        """Returns booleans, each True with probability `share`."""
        return torch.rand(shape, generator=self._generator) < share

    def choose(self, options: Sequence[Any]) -> Any:
        """Returns one of the options."""
        return self._random.choice(list(options))

    def order(self, length: int) -> list[int]:
        """Returns the numbers 0 to length − 1 in random order."""
        return self._random.sample(range(length), length)

    @property
    def reference(self) -> "Reference":
        """The reference model, for cases with real weights; see `utils.reference`."""
        from utils.reference import load  # here: a check without real weights needs no model files

        return load(quiet=True)


class Sizes(dict[str, int]):
    """Axis names and their sizes. `str` formats them as a label; each size is also an attribute."""

    def __getattr__(self, name: str) -> int:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __str__(self) -> str:
        return " · ".join(f"{name} {size}" for name, size in self.items())
