"""Text and its tokens: typed by hand, or merge by merge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from utils.pictures._numbers import as_labels

if TYPE_CHECKING:
    from ipywidgets import VBox


def token_explorer(encode: Callable[[str], Sequence[int]], text: str) -> VBox:
    r"""Tokenise a text as you type: into which tokens is it cut, and which id does each of them have?

    Below the text box are the tokens with their ids. A part of a character that GPT-2 cuts in the middle is
    shown as bytes, `\xf0\x9f`; `·` is a space.

    Args:
        encode: From text to GPT-2's ids: a tokenizer's method, or a function of your own.
        text: The text at first.

    Raises:
        Whatever `encode` raises for that text.
    """
    from utils.pictures._cuts import typed

    return typed(encode, text)


def cuts_slider(steps: Mapping[int, Sequence[str]]) -> VBox:
    """Show a text after more and more merges: what does each merge do to its pieces?

    Args:
        steps: For each number of merges, the text's pieces after that many.

    Raises:
        ValueError: There are no steps, or pieces that are not strings.
    """
    from utils.pictures._cuts import by_merges

    if not steps:
        raise ValueError("cuts_slider needs at least one step: {number of merges: pieces}.")
    for number, pieces in steps.items():
        as_labels(pieces, f"the pieces after {number} merges")
    return by_merges({number: list(pieces) for number, pieces in steps.items()})
