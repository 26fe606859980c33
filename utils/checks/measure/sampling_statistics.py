"""Frequencies of drawn tokens, and how far chance alone may move them from the probabilities."""

import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from utils.errors import CheckMisuse

DRAWS = 4_000
"""How many tokens a check draws from one distribution."""

ALLOWED = 0.052
"""How far a frequency among `DRAWS` draws may be from the probability."""


def false_alarm_rate(frequencies: int) -> float:
    """Returns a bound on the chance that any of these frequencies of a right sampler is off by more than
    `ALLOWED`.

    Hoeffding's inequality bounds it for each of them (Hoeffding 1963, theorem 2): 2 · exp(−2 · draws · t²).
    """
    return frequencies * 2 * math.exp(-2 * DRAWS * ALLOWED**2)


def token_frequencies(tokens: Any, d_vocab: int, draws: int = DRAWS) -> Float[Tensor, "row d_vocab"]:
    """Returns the share of each token among `draws` draws from each row; the rows take turns in `tokens`.

    Raises:
        CheckMisuse: the tokens are not ids of the vocabulary, or their number is wrong.
    """
    ids = checked_ids(tokens, d_vocab)
    if ids.numel() == 0 or ids.numel() % draws:
        rows = f"{ids.numel():,} tokens for a batch of rows whose number is a multiple of {draws:,}"
        raise CheckMisuse(f"There must be one token for each row; this is {rows}.")
    by_row = ids.reshape(draws, -1).T
    return torch.stack([torch.bincount(row, minlength=d_vocab) for row in by_row]) / draws


def checked_ids(tokens: Any, d_vocab: int) -> Int[Tensor, "..."]:
    """Returns the tokens if they are a tensor of whole numbers and ids of the vocabulary.

    Raises:
        CheckMisuse: they are not.
    """
    if not isinstance(tokens, Tensor) or tokens.is_floating_point() or tokens.dtype == torch.bool:
        kind = str(tokens.dtype) if isinstance(tokens, Tensor) else type(tokens).__name__
        raise CheckMisuse(f"Tokens are whole numbers in a tensor; this is {kind}.")
    if tokens.numel() and not 0 <= int(tokens.min()) <= int(tokens.max()) < d_vocab:
        low, high = int(tokens.min()), int(tokens.max())
        raise CheckMisuse(f"The ids go from 0 to {d_vocab - 1}; these go from {low} to {high}.")
    return tokens.detach().long()
