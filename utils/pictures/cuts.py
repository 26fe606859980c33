"""Where a text is cut: typed by hand, or as merges make its pieces longer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from utils.pictures._numbers import as_labels

if TYPE_CHECKING:
    from ipywidgets import VBox


def token_explorer(encode: Callable[[str], Sequence[int]], text: str) -> VBox:
    """Into which tokens is a text cut, and which id does each of them have?

    A box to type in, and below it the tokens with their ids. Characters that GPT-2 cuts in the middle show as
    bytes, `\\xf0\\x9f`; `·` is a space.

    Args:
        encode: From text to GPT-2's ids: a tokenizer's, or a student's own.
        text: What stands in the box at first.

    Raises:
        Whatever `encode` raises for that text.
    """
    from utils.pictures._cuts import typed

    return typed(encode, text)


def cuts_slider(steps: Mapping[int, Sequence[str]]) -> VBox:
    """What does each further merge do to the pieces of a text?

    Args:
        steps: For each number of merges, the text's pieces after them.

    Raises:
        ValueError: there are no steps, or pieces that are not strings.
    """
    from utils.pictures._cuts import by_merges

    if not steps:
        raise ValueError("cuts_slider needs at least one step: {number of merges: pieces}.")
    for number, pieces in steps.items():
        as_labels(pieces, f"the pieces after {number} merges")
    return by_merges({number: list(pieces) for number, pieces in steps.items()})
