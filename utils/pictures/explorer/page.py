"""The explorer's last state as HTML without a script, for feedback pages, exports and print."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from utils.pictures._colours import BLUE, FAINT, GREY, ORANGE, UNDER_LETTERS, shade
from utils.pictures._html import bars, token_strip

ROWS = 24
"""Rows of a table of numbers; of a longer text, the last ones."""
COLUMNS = 32
_MONOSPACE = "font-family:monospace"
_ROW_NAME = f"{_MONOSPACE}; text-align:right; font-weight:normal; padding:0 6px"


def static_page(view: dict[str, Any]) -> str:
    """Return the HTML of a view: the text, the boxes with their shapes, the open one, and the next token."""
    if not view.get("tokens"):
        return f'<div style="color:rgb{ORANGE}">{escape(view.get("message", ""))}</div>'
    opened = view["open"]
    notes = [f"position {n}: id {number}" for n, number in enumerate(view["ids"])]
    plain = ["none"] * len(notes)
    boxes = "".join(_box(box, box["name"] == opened["name"]) for box in view["boxes"])
    changes = "".join(f"<li>{escape(each)}</li>" for each in view["changes"])
    predictions = view["predictions"]
    chosen = escape(view["tokens"][view["position"]])
    return (
        f'<div style="max-width:900px">{token_strip(view["tokens"], plain, notes, view["position"])}'
        f'<div style="color:{GREY}">block {view["layer"]}, head {view["head"]}</div>'
        f'<div style="display:flex; flex-wrap:wrap; gap:6px; margin:6px 0 10px">{boxes}</div>'
        f"<div><b>{escape(opened['name'])}</b>: {escape(opened['what'])}</div>"
        f'<div style="{_MONOSPACE}; margin:4px 0">{escape(opened["formula"])}</div>'
        f"{_table(view['tokens'], opened)}"
        + (f"<div>Changed by hand:<ul>{changes}</ul></div>" if changes else "")
        + f'<div style="margin-top:8px">The next token after {chosen}:</div>'
        f"{bars(predictions['tokens'], predictions['now'], [f'{p:.5f}' for p in predictions['now']])}</div>"
    )


def _box(box: dict[str, Any], is_open: bool) -> str:
    frame = f"2px solid {shade(BLUE, 1)}" if is_open else f"1px solid {FAINT}"
    changed = f" background:{shade(ORANGE, 0.2)};" if box["changed"] else ""
    shape = " × ".join(f"{n:,}" for n in box["shape"])
    return (
        f'<div style="padding:2px 7px; border:{frame}; border-radius:5px;{changed}">{escape(box["name"])}'
        f'<br><span style="color:{GREY}; font-size:0.85em">{shape}</span></div>'
    )


def _table(tokens: Sequence[str], opened: dict[str, Any]) -> str:
    if not opened["rows"]:
        return ""
    first = max(len(opened["rows"]) - ROWS, 0)
    rows = [row[:COLUMNS] for row in opened["rows"][first:]]
    largest = max((abs(x) for row in rows for x in row if x is not None), default=0.0) or 1.0
    lines = "".join(
        f'<tr><th style="{_ROW_NAME}">{escape(token)}</th>'
        + "".join(_cell(number, largest) for number in row)
        + "</tr>"
        for token, row in zip(tokens[first:], rows, strict=True)
    )
    return f'<table style="border-collapse:collapse; margin:4px 0">{lines}</table>'


def _cell(number: float | None, largest: float) -> str:
    if number is None:
        return f'<td title="−∞" style="color:{GREY}; padding:0">·</td>'
    colour = shade(BLUE if number >= 0 else ORANGE, UNDER_LETTERS * abs(number) / largest)
    return f'<td title="{number:.4g}" style="width:16px; height:15px; padding:0; background:{colour}"></td>'
