"""Text as the model reads it: cut into tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from utils.pictures._colours import alternating, backgrounds
from utils.pictures._html import token_strip
from utils.pictures._numbers import as_array, as_labels, check_length
from utils.pictures._picture import Picture

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def coloured_tokens(tokens: Sequence[str], values: Float[Tensor, " token"] | None = None) -> Picture:
    """Colour a text by token: where are the cuts, and which tokens have the large values?

    Spaces are shown where they belong, which is at the start of most of GPT-2's tokens. The mouse shows a
    token's position and its value. Blue is positive, orange is negative; without values, neighbours differ.

    Args:
        tokens: The tokens as strings, spaces and all.
        values: [token], one number for each token: its loss, say, or how much some head reads it.

    Raises:
        ValueError: The tokens are not strings, or the values are not as many.
    """
    as_labels(tokens)
    if values is None:
        notes = [f"token {place}: {token!r}" for place, token in enumerate(tokens)]
        words = f"{len(tokens)} tokens: " + " ".join(repr(token) for token in tokens)
        return _picture(tokens, alternating(len(tokens)), notes, words)
    row = as_array(values, "token", "values")
    check_length("tokens", len(tokens), "token", len(row), row.shape)
    notes = [
        f"token {place}: {token!r}, {value:.3g}"
        for place, (token, value) in enumerate(zip(tokens, row, strict=True))
    ]
    words = " ".join(f"{token!r} {value:.3g}" for token, value in zip(tokens, row, strict=True))
    return _picture(tokens, backgrounds(row.tolist()), notes, words)


def _picture(tokens: Sequence[str], colours: list[str], notes: list[str], in_words: str) -> Picture:
    return Picture(in_words, {"text/html": token_strip(tokens, colours, notes)})
