"""Small pieces of HTML that pictures and widgets share; text keeps the page's colour."""

from collections.abc import Sequence
from html import escape
from math import isfinite

from utils.pictures._colours import BLUE, FAINT, GREY, shade
from utils.pictures._numbers import visible


def token_strip(
    tokens: Sequence[str], backgrounds: Sequence[str], notes: Sequence[str], chosen: int = -1
) -> str:
    """Return the tokens as running text, each on its background.

    Args:
        backgrounds: A CSS colour for each token.
        notes: A tooltip for each token.
        chosen: The position of a token that gets a frame; none if -1.
    """
    boxes = []
    for place, (token, colour, note) in enumerate(zip(tokens, backgrounds, notes, strict=True)):
        frame = f"2px solid {shade(BLUE, 1)}" if place == chosen else f"1px solid {FAINT}"
        boxes.append(
            f'<span title="{escape(note)}" style="display:inline-block; white-space:pre; padding:2px 3px;'
            f" margin:2px 1px; border:{frame}; border-radius:4px; background:{colour};"
            f' font-family:monospace">{escape(_shown(token))}</span>'
        )
    return f'<div style="line-height:1.9">{"".join(boxes)}</div>'


def bars(
    labels: Sequence[str], values: Sequence[float], notes: Sequence[str], chosen: int = -1, width: int = 340
) -> str:
    """Return a bar for each value from 0 to 1, with its label, its number and a tooltip; `chosen` in bold.

    Args:
        width: Pixels of a bar of 1.
    """
    rows = []
    for place, (label, value, note) in enumerate(zip(labels, values, notes, strict=True)):
        weight = "bold" if place == chosen else "normal"
        length = width * min(max(value, 0.0), 1.0) if isfinite(value) else 0
        rows.append(
            f'<div style="text-align:right; font-weight:{weight}; white-space:pre">{escape(label)}</div>'
            f'<div title="{escape(note)}" style="display:flex; gap:6px; align-items:center">'
            f'<div style="height:14px; width:{max(length, 1):.0f}px; background:{shade(BLUE, 0.85)};'
            f' border-radius:2px"></div><div style="color:{GREY}">{value:.2f}</div></div>'
        )
    return (
        '<div style="display:grid; grid-template-columns:max-content auto; justify-content:start;'
        f' gap:2px 8px; align-items:center; line-height:1.3">{"".join(rows)}</div>'
    )


def _shown(token: str) -> str:
    """Return a token with its own spaces, or with visible signs if it would be invisible."""
    return token if token.strip() and "\n" not in token else visible(token)
