"""Fourteen words in a space of three dimensions, small enough to be drawn and checked by hand.

The coordinates were chosen by hand, not trained. Words of one group lie close together, and the step from man
to woman is nearly the step from king to queen.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlacedWord:
    """A word and its coordinates."""

    word: str
    group: str
    place: tuple[float, float, float]


WORDS = (
    PlacedWord("king", "people", (-1.8, 1.2, -0.8)),
    PlacedWord("queen", "people", (-2.2, 1.5, -0.5)),
    PlacedWord("man", "people", (-1.2, 0.5, -0.3)),
    PlacedWord("woman", "people", (-1.5, 0.8, 0.0)),
    PlacedWord("boy", "children", (1.5, 2.2, 0.8)),
    PlacedWord("girl", "children", (1.0, 2.0, 0.5)),
    PlacedWord("sport", "activities", (2.2, -0.8, 1.5)),
    PlacedWord("game", "activities", (1.8, -1.2, 1.8)),
    PlacedWord("cat", "animals", (0.5, -1.8, -1.5)),
    PlacedWord("dog", "animals", (0.8, -1.5, -1.8)),
    PlacedWord("apple", "fruit", (-0.8, -1.5, 2.0)),
    PlacedWord("banana", "fruit", (-1.2, -1.8, 2.3)),
    PlacedWord("orange", "fruit", (-0.5, -2.0, 1.8)),
    PlacedWord("mango", "fruit", (-1.0, -1.2, 2.5)),
)
"""All words, group by group."""
