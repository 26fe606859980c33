"""The pictures' colours: each can be told from its neighbours on a white and on a nearly black page.

A notebook cannot know its page's theme, so pictures have no background of their own, lines and letters are
of a middle grey or inherit the page's, and a weight is the strength of one blue, 0 letting the page through.
"""

from collections.abc import Iterable
from math import copysign, isfinite, sqrt

BLUE = (56, 132, 236)
ORANGE = (228, 122, 38)
GREY = "#8a8f98"
FAINT = "rgba(138, 143, 152, 0.35)"

GROUPS = ("#3884ec", "#e47a26", "#2fa36b", "#d4588f", "#9a76e0", "#a8912b", "#1fa0b5", "#c75146")
"""For groups of points and for curves, in this order."""

UNDER_LETTERS = 0.65
"""The strongest background under letters of the page's own colour that leaves them easy to read."""


def shade(colour: tuple[int, int, int], strength: float) -> str:
    """`colour` as CSS, letting the page through the more, the smaller `strength` (0 to 1) is."""
    red, green, blue = colour
    return f"rgba({red}, {green}, {blue}, {min(max(strength, 0.0), 1.0):.3f})"


def backgrounds(values: Iterable[float], largest: float | None = None) -> list[str]:
    """A CSS background for each value: clear at 0, blue above, orange below.

    Args:
        largest: The size that gets the strongest colour; the largest of the values if left out.
    """
    values = [value if isfinite(value) else 0.0 for value in values]
    largest = largest or max((abs(value) for value in values), default=0.0) or 1.0
    return [shade(BLUE if value >= 0 else ORANGE, UNDER_LETTERS * abs(value) / largest) for value in values]


def weight_backgrounds(weights: Iterable[float]) -> list[str]:
    """A CSS background for each attention weight, on one scale from 0 to 1 so that rows can be compared.

    The colour grows with the square root: small shares are many, and would not be seen otherwise.
    """
    return backgrounds((copysign(sqrt(abs(weight)), weight) for weight in weights), largest=1.0)


def alternating(count: int) -> list[str]:
    """`count` CSS backgrounds, neighbours of different colours."""
    return [f"{GROUPS[place % 5]}55" for place in range(count)]
