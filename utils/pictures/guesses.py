"""A model's guesses at every depth, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from utils.pictures._colours import BLUE, FAINT, GREY, UNDER_LETTERS, shade
from utils.pictures._numbers import as_array, as_labels, check_length
from utils.pictures._picture import Picture

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

_CELL = (
    f"padding:2px 6px; border:1px solid {FAINT}; text-align:center; white-space:pre; font-family:monospace"
)
_HEAD = f"padding:2px 6px; color:{GREY}; font-weight:normal; white-space:pre; text-align:center"


def guess_table(
    guesses: Sequence[Sequence[str]],
    probabilities: Float[Tensor, "depth token"],
    tokens: Sequence[str],
    depths: Sequence[str],
) -> Picture:
    """Draw the model's guesses at each depth: where does it begin to predict what it predicts in the end?

    There is a row for each depth and a column for each token of the prompt. A cell holds the guess at the
    next token; the bluer it is, the more probable the guess. The mouse shows the probability. The last row is
    the model's final prediction.

    Args:
        guesses: [depth][token], the most probable next token as a string.
        probabilities: [depth, token], the probability of each guess.
        tokens: The prompt's tokens as strings.
        depths: A name for every row.

    Raises:
        ValueError: The guesses, probabilities, tokens and depths do not fit together.
    """
    shares = as_array(probabilities, "depth token", "probabilities")
    labels, columns = list(depths), as_labels(tokens)
    check_length("rows of guesses", len(guesses), "depth", len(shares), shares.shape)
    check_length("depths", len(labels), "depth", len(shares), shares.shape)
    for row in (columns, *guesses):
        check_length("tokens or guesses in a row", len(row), "token", shares.shape[1], shares.shape)
    body = "".join(
        f'<tr><th style="{_HEAD}; text-align:right">{escape(label)}</th>{_row(columns, row, line)}</tr>'
        for label, row, line in zip(labels, guesses, shares.tolist(), strict=True)
    )
    head = "".join(f'<th style="{_HEAD}">{escape(column)}</th>' for column in ("", *columns))
    html = (
        f'<div style="overflow-x:auto"><table style="border-collapse:collapse; font-size:0.9em">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    ends = ", ".join(
        f"{label} {row[-1]!r} ({line[-1]:.2f})"
        for label, row, line in zip(labels, guesses, shares, strict=True)
    )
    return Picture(f"Guesses after {columns[-1]!r}: {ends}", {"text/html": html})


def _row(columns: list[str], guesses: Sequence[str], shares: list[float]) -> str:
    return "".join(
        f'<td title="{escape(f"after {column!r}: {guess!r}, {share:.2f}")}"'
        f' style="{_CELL}; background:{shade(BLUE, UNDER_LETTERS * share)}">{escape(guess)}</td>'
        for column, guess, share in zip(columns, guesses, shares, strict=True)
    )
