"""Cases: what a check tries, drawn from a seed. Another seed gives other cases of the same kind."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

PUBLIC_SEED = 2019
"""The seed of the cases that students see (the year of GPT-2)."""


@dataclass(frozen=True)
class Case:
    """One call of the student's code."""

    label: str
    """What is tried, in words that stand in the report: `square scores, batch 2 · heads 3`."""
    inputs: dict[str, Any] = field(repr=False)
    """Plain data, by the names of the parameters of the check's `run`."""


class Draw:
    """Draws sizes and tensors for cases. The same seed draws the same on every machine.

    Sizes of one case are pairwise distinct, since two equal sizes hide a swapped axis.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self._sizes = random.Random(seed)
        self._generator = torch.Generator().manual_seed(seed)

    def sizes(self, *names: str, among: Sequence[int] = range(2, 10)) -> "Sizes":
        """Pairwise distinct sizes for the named axes, each one of `among`."""
        return Sizes(zip(names, self._sizes.sample(list(among), len(names)), strict=True))

    def sizes_with_one(self, *names: str, among: Sequence[int] = range(2, 10)) -> list["Sizes"]:
        """For each of the axes sizes in which it alone is 1, and sizes in which every one of them is.

        A `squeeze` without an axis, and an index in its place, show nowhere else.
        """
        drawn = [(one, self.sizes(*names, among=among)) for one in names]
        return [*(Sizes(sizes | {one: 1}) for one, sizes in drawn), Sizes.fromkeys(names, 1)]

    def normal(self, *shape: int, scale: float = 1.0) -> Float[Tensor, "*shape"]:
        """Normal numbers of standard deviation `scale`."""
        return torch.randn(shape, generator=self._generator) * scale

    def integers(self, low: int, high: int, *shape: int) -> Int[Tensor, "*shape"]:
        """Integers from `low` up to, not including, `high`."""
        return torch.randint(low, high, shape, generator=self._generator)

    def booleans(self, *shape: int, share: float = 0.5) -> Bool[Tensor, "*shape"]:
        """Booleans, True with probability `share`."""
        return torch.rand(shape, generator=self._generator) < share

    def choose(self, options: Sequence[Any]) -> Any:
        """One of the options."""
        return self._sizes.choice(list(options))

    def order(self, length: int) -> list[int]:
        """The numbers 0 to length − 1 in random order."""
        return self._sizes.sample(range(length), length)

    @property
    def reference(self):
        """The reference model, for the cases with real weights: see `utils.reference`."""
        from utils.reference import load

        return load(quiet=True)


class Sizes(dict[str, int]):
    """Axis names and their sizes; `str` gives them as a label, attributes give one size."""

    def __getattr__(self, name: str) -> int:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __str__(self) -> str:
        return " · ".join(f"{name} {size}" for name, size in self.items())
