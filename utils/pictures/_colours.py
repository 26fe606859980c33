"""The pictures' colours, which can be told apart on a white and on a nearly black page.

A notebook cannot know its page's theme, so pictures have no background of their own, lines and text are of a
medium grey or inherit the page's colour, and a weight is the opacity of one blue, 0 being transparent.
"""

from collections.abc import Iterable
from math import copysign, isfinite, sqrt

BLUE = (56, 132, 236)
ORANGE = (228, 122, 38)
GREY = "#8a8f98"
FAINT = "rgba(138, 143, 152, 0.35)"

GROUPS = ("#3884ec", "#e47a26", "#2fa36b", "#d4588f", "#9a76e0", "#a8912b", "#1fa0b5", "#c75146")
"""Colours of groups of points and of curves, in this order."""

UNDER_LETTERS = 0.65
"""The highest opacity of a background on which text of the page's own colour is easy to read."""


def shade(colour: tuple[int, int, int], strength: float) -> str:
    """Return `colour` as CSS with the opacity `strength`, 0 to 1."""
    red, green, blue = colour
    return f"rgba({red}, {green}, {blue}, {min(max(strength, 0.0), 1.0):.3f})"


def backgrounds(values: Iterable[float], largest: float | None = None) -> list[str]:
    """Return a CSS background for each value: transparent at 0, blue above, orange below.

    Args:
        largest: The absolute value with the strongest colour; by default the largest of the values.
    """
    values = [value if isfinite(value) else 0.0 for value in values]
    largest = largest or max((abs(value) for value in values), default=0.0) or 1.0
    return [shade(BLUE if value >= 0 else ORANGE, UNDER_LETTERS * abs(value) / largest) for value in values]


def weight_backgrounds(weights: Iterable[float]) -> list[str]:
    """Return a CSS background for each attention weight, on the same scale, 0 to 1, in every row.

    The opacity grows with the square root, so that the many small weights can be seen.
    """
    return backgrounds((copysign(sqrt(abs(weight)), weight) for weight in weights), largest=1.0)


def alternating(count: int) -> list[str]:
    """Return `count` CSS backgrounds in which neighbours have different colours."""
    return [f"{GROUPS[place % 5]}55" for place in range(count)]
