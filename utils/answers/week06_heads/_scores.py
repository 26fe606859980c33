"""Means over entries of a pattern, and the mistakes in them that the three head scores share."""

from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from utils.answers.answer_key import Mistake

REFERENCE = "the mean taken one query at a time"
Places = Callable[..., list[tuple[int, int]]]
"""Takes the score's arguments, the pattern first, and returns the places (query, key) to average."""


def seq_of(pattern: Float[Tensor, "... query key"]) -> int:
    """The pattern's number of tokens."""
    return pattern.shape[-1]


def entries(
    pattern: Float[Tensor, "... query key"], places: Iterable[tuple[int, int]]
) -> Float[Tensor, "... place"]:
    """The attention at these places."""
    return torch.stack([pattern[..., query, key] for query, key in places], dim=-1)


def mean_at(
    pattern: Float[Tensor, "... query key"], places: Iterable[tuple[int, int]]
) -> Float[Tensor, "..."]:
    """The mean attention at these places, in float64 and back; 0 if there are none."""
    places = list(places)
    if not places:
        return torch.zeros(pattern.shape[:-2])
    return entries(pattern.double(), places).mean(-1).to(pattern.dtype)


def number_as_tensor(score):
    """A Python number as a tensor: it is accepted as the score of a single pattern."""
    return torch.tensor(score) if isinstance(score, float) else score


def wrong_means(places: Places) -> tuple[Mistake, ...]:
    """The mistakes that average the right places in another way."""

    def score(pattern, *others):
        return mean_at(pattern, places(pattern, *others))

    def at_places(summary):
        return lambda pattern, *others: summary(entries(pattern, places(pattern, *others)))

    def strongest(pattern, *others):
        hits = [pattern[..., query, :].argmax(-1) == key for query, key in places(pattern, *others)]
        return torch.stack(hits, dim=-1).float().mean(-1)

    def over_the_first_axis(pattern, *others):
        scores = score(pattern, *others)
        return scores.mean(0) if scores.dim() else scores

    return (
        Mistake(
            "sum",
            "the shares are added up over the queries: the score grows with the prompt",
            "a mean stays between 0 and 1",
            at_places(lambda shares: shares.sum(-1)),
        ),
        Mistake(
            "largest",
            "this is the largest share among the queries, not their mean",
            "one query that looks there does not make such a head",
            at_places(lambda shares: shares.amax(-1)),
        ),
        Mistake(
            "median",
            "this is the median of the shares, not their mean",
            "add up all shares, divide by how many they are",
            at_places(lambda shares: shares.median(-1).values),
        ),
        Mistake(
            "strongest key counted",
            "this is how often that key is the strongest, not how much attention it gets",
            "the mean of the shares themselves: no argmax",
            strongest,
        ),
        Mistake(
            "for each query",
            "the shares come back query by query, before the mean",
            "which axis is still to be averaged?",
            at_places(lambda shares: shares),
        ),
        Mistake(
            "everything averaged",
            "one number comes back: the mean has run over the axes in front too",
            "mean() without a dim takes everything; only the queries are to be averaged",
            lambda pattern, *others: score(pattern, *others).mean(),
        ),
        Mistake(
            "first axis averaged",
            "the mean has run over the first axis in front too",
            "the axes in front are kept, all of them",
            over_the_first_axis,
        ),
        Mistake(
            "first entry only",
            "the first axis is gone: only its first entry has been looked at",
            "the axes in front are kept, all of them",
            lambda pattern, *others: score(pattern[0] if pattern.dim() > 2 else pattern, *others),
        ),
        Mistake(
            "last query only",
            "only the last query is asked",
            "every query that has such a key counts",
            at_places(lambda shares: shares[..., -1]),
        ),
        Mistake(
            "whole pattern averaged",
            "this is the mean over all queries and keys, the same for every pattern of that length",
            "which entries of the pattern does the score ask about?",
            lambda pattern, *others: pattern.mean((-2, -1)),
        ),
        Mistake(
            "rows and columns swapped",
            "queries and keys are swapped: the score asks about entries that the mask has emptied",
            "row = query, column = key: pattern[..., query, key]",
            lambda pattern, *others: score(pattern.mT, *others),
        ),
    )
