"""Means over entries of a pattern, and the mistakes in them that the three head scores share."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

REFERENCE = "the mean taken one query at a time"


def seq_of(pattern: Float[Tensor, "... query key"]) -> int:
    """The pattern's number of tokens."""
    return pattern.shape[-1]


def entries(
    pattern: Float[Tensor, "... query key"], places: Iterable[tuple[int, int]]
) -> Float[Tensor, "... place"]:
    """The attention weights at these places."""
    return torch.stack([pattern[..., query, key] for query, key in places], dim=-1)


def mean_at(
    pattern: Float[Tensor, "... query key"], places: Iterable[tuple[int, int]]
) -> Float[Tensor, "..."]:
    """The mean attention weight at these places, in float64 and back; 0 if there are none."""
    places = list(places)
    if not places:
        return torch.zeros(pattern.shape[:-2])
    return entries(pattern.double(), places).mean(-1).to(pattern.dtype)


def number_as_tensor(score):
    """A Python number as a tensor: it is accepted as the score of a single pattern."""
    return torch.tensor(score) if isinstance(score, float) else score
