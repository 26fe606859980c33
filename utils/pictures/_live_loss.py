"""The content of `LiveLoss`: HTML and SVG without scripts, so that redrawing is cheap and loads nothing."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from utils.pictures._colours import BLUE, FAINT, GREY, GROUPS, shade

Scale = Callable[[float], float]

WIDTH, HEIGHT = 680, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 130, 10, 26
MAX_POINTS = 300
"""Points of the curve; more would make the picture larger and no clearer."""
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
"""In nats. On a linear axis, the last and most interesting nat would be a tenth of the picture."""


def in_words(step: int, total_steps: int, losses: Sequence[float], seconds_left: float | None) -> str:
    """Return the state of the run in a line."""
    parts = [f"step {step:,} of {total_steps:,}"]
    if losses:
        parts.append(f"loss {smoothed(losses)[-1]:.3f} nats")
    if seconds_left is not None and step < total_steps:
        parts.append(f"about {duration(seconds_left)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Return a duration for people: `40 s`, `3 min`, `1 h 20 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def smoothed(losses: Sequence[float], memory: float = 0.95) -> list[float]:
    """Return the exponential moving average of the losses, with Adam's bias correction.

    Kingma and Ba, 2015, section 3. `memory` is their β.
    """
    total = weight = 0.0
    means = []
    for loss in losses:
        total, weight = memory * total + (1 - memory) * loss, memory * weight + (1 - memory)
        means.append(total / weight)
    return means


def page(step: int, total_steps: int, losses: Sequence[float], lines: Mapping[str, float], words: str) -> str:
    """Return the HTML of the progress bar, the line of text and the curve."""
    share = min(step / total_steps, 1.0) if total_steps else 1.0
    bar = (
        f'<div style="width:{WIDTH}px; max-width:100%; height:8px; border-radius:4px; background:{FAINT}">'
        f'<div style="width:{share:.1%}; height:8px; border-radius:4px; background:{shade(BLUE, 0.9)}">'
        "</div></div>"
    )
    line = f'<div style="margin:4px 0 8px 0; color:{GREY}">{escape(words)}</div>'
    return f'<div style="padding:4px 0">{bar}{line}{_svg(total_steps, losses, lines)}</div>'


def _svg(total_steps: int, losses: Sequence[float], lines: Mapping[str, float]) -> str:
    shown = [height for height in [*smoothed(losses), *lines.values()] if height > 0] or [1.0]
    low, high = math.log(min(shown) / 1.15), math.log(max(shown) * 1.15)
    across = _scale(high, low, TOP, HEIGHT - BOTTOM)
    x_of = _scale(0, max(total_steps, 1), LEFT, WIDTH - RIGHT)

    def y_of(height: float) -> float:
        return across(math.log(max(height, min(shown))))

    marks = "".join(_tick(nats, y_of(nats)) for nats in TICKS if low < math.log(nats) < high)
    levels = "".join(
        _level(name, height, y_of(height), y_label, GROUPS[2 + number % (len(GROUPS) - 2)])
        for number, ((name, height), y_label) in enumerate(
            zip(lines.items(), _apart([y_of(height) for height in lines.values()]), strict=True)
        )
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" style="max-width:100%"'
        f' font-family="sans-serif" font-size="12">{marks}{levels}{_curve(losses, x_of, y_of)}'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end" fill="{GREY}">'
        f"{total_steps:,} steps</text></svg>"
    )


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    """Return the linear map that takes `low` to `start` and `high` to `end`."""
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _tick(nats: float, y: float) -> str:
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{GREY}">{nats:g}</text>'
    )


def _level(name: str, height: float, y: float, y_label: float, colour: str) -> str:
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"'
        f' stroke-width="1.5" stroke-dasharray="5 4"/><text x="{WIDTH - RIGHT + 8}" y="{y_label + 4:.1f}"'
        f' fill="{colour}">{escape(name)} {height:.2f}</text>'
    )


def _apart(places: Sequence[float], least: float = 14.0) -> list[float]:
    """Return the labels' heights, moved down where two labels would overlap."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for above, below in itertools.pairwise(order):
        moved[below] = max(moved[below], moved[above] + least)
    return moved


def _curve(losses: Sequence[float], x_of: Scale, y_of: Scale) -> str:
    if not losses:
        return ""
    means = smoothed(losses)
    kept = range(0, len(means), 1 + len(means) // MAX_POINTS)
    places = [*((number + 1, means[number]) for number in kept), (len(means), means[-1])]
    points = " ".join(f"{x_of(step):.1f},{y_of(loss):.1f}" for step, loss in places)
    return f'<polyline points="{points}" fill="none" stroke="{GROUPS[0]}" stroke-width="2.5"/>'
