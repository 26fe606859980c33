"""A progress bar for a demonstration that takes a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from html import escape
from typing import Any, TypeVar

from utils.pictures._colours import BLUE, FAINT, GREY, shade
from utils.pictures._live_loss import duration
from utils.pictures._picture import Picture

Item = TypeVar("Item")

SECONDS_WITHOUT = 2.0
"""A loop that is done by then shows no bar."""
WIDTH = 320


def progress(
    items: Iterable[Item],
    what: str,
    *,
    total: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Item]:
    """Yield the items of a loop that may take long, with a bar: how far is it, and how long will it take?

    In a notebook, the bar appears after two seconds and goes when the loop ends, also by an error or a
    `break`. Elsewhere nothing is shown. What the loop prints stays where it is, in the cell's output.

    Args:
        items: What the loop is over.
        what: The name of the items, in the plural: "heads".
        total: The number of items, where they have no length.
        clock: Returns the time in seconds.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    begun, place = clock(), None
    try:
        for done, item in enumerate(items, 1):
            yield item
            seconds = clock() - begun
            if seconds >= SECONDS_WITHOUT:
                place = _show(bar(done, total, what, seconds), place)
    finally:
        if place is not None:
            _show(Picture("", {"text/html": ""}), place)


def bar(done: int, total: int | None, what: str, seconds: float) -> Picture:
    """Return the bar after `done` of `total` items, which have taken so many seconds."""
    words = f"{done} {what}" if total is None else f"{done} of {total} {what}"
    if total is not None and 0 < done < total:
        words += f" · about {duration(seconds / done * (total - done))} left"
    share = min(done / total, 1.0) if total else 0.0
    box = f"width:{WIDTH}px; max-width:100%; height:8px; border-radius:4px; background:{FAINT}"
    filled = f"width:{share:.0%}; height:8px; border-radius:4px; background:{shade(BLUE, 0.9)}"
    html = f'<div style="{box}"><div style="{filled}"></div></div>'
    return Picture(words, {"text/html": f'{html}<div style="color:{GREY}">{escape(words)}</div>'})


def _show(picture: Picture, place: Any) -> Any:
    """Show the picture in a notebook, in the place of the one before, and return its place; else None."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    if get_ipython() is None:
        return None
    if place is None:
        return display(picture, display_id=True)
    place.update(picture)
    return place
