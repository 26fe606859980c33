"""The widgets of `token_explorer` and `cuts_slider`."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import ipywidgets

from utils.pictures._colours import FAINT, GREY, alternating
from utils.pictures._html import token_strip
from utils.pictures._touch import Movable, choice
from utils.tokens import token_strings


def typed(encode: Callable[[str], Sequence[int]], text: str) -> Movable:
    """Return a text box with the tokens of its content below it."""
    box = ipywidgets.Textarea(
        value=text,
        description="text",
        continuous_update=True,
        rows=2,
        style={"description_width": "60px"},
        layout={"width": "640px"},
    )
    return Movable([box], lambda text: _tokens(text, [int(token) for token in encode(text)]))


def _tokens(text: str, ids: list[int]) -> str:
    """Return HTML: the text's length in characters, bytes and tokens, and the tokens with their ids."""
    lengths = (
        f"{_number(len(text), 'character')} · {_number(len(text.encode()), 'byte')} · "
        f"<b>{_number(len(ids), 'token')}</b>"
    )
    boxes = [
        '<span style="display:inline-block; text-align:center; margin:2px 1px; vertical-align:top">'
        f'<span style="display:block; white-space:pre; padding:2px 4px; border:1px solid {FAINT};'
        f' border-radius:4px; background:{colour}; font-family:monospace">{escape(piece)}</span>'
        f'<span style="font-size:11px; color:{GREY}">{number}</span></span>'
        for piece, number, colour in zip(token_strings(ids), ids, alternating(len(ids)), strict=True)
    ]
    return f'<div style="margin:4px 0">{lengths}</div><div style="line-height:1.5">{"".join(boxes)}</div>'


def by_merges(steps: Mapping[int, list[str]]) -> Movable:
    """Return a slider over the numbers of merges, and the pieces after each; it starts at the smallest."""
    numbers = sorted(steps)
    slider = choice("merges", [(str(number), number) for number in numbers], numbers[0])
    return Movable([slider], lambda number: _pieces(steps[number]))


def _pieces(pieces: list[str]) -> str:
    notes = [f"piece {place}: {piece!r}" for place, piece in enumerate(pieces)]
    strip = token_strip(pieces, alternating(len(pieces)), notes)
    return f'<div style="margin:4px 0"><b>{_number(len(pieces), "piece")}</b></div>{strip}'


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
