"""Tokens as coloured text."""

import math
import re
from itertools import pairwise

import pytest

from utils.pictures import coloured_tokens


def boxes(picture) -> list[str]:
    """Return the text of each token's box."""
    return re.findall(r"<span [^>]*>([^<]*)</span>", picture.bundle["text/html"])


def colours(picture) -> list[str]:
    """Return each token's background."""
    return re.findall(r"background:([^;]*);", picture.bundle["text/html"])


def test_spaces_stay_where_they_are_and_line_breaks_are_seen() -> None:
    picture = coloured_tokens(["The", " cat", "\n", "  ", "<b>"])
    assert boxes(picture) == ["The", " cat", "⏎", "␣␣", "&lt;b&gt;"]
    assert picture.in_words == "5 tokens: 'The' ' cat' '\\n' '  ' '<b>'"


def test_neighbours_differ_without_values() -> None:
    found = colours(coloured_tokens(["a", "b", "c", "d", "e", "f", "g"]))
    assert all(left != right for left, right in pairwise(found))


def test_blue_is_positive_orange_negative_and_the_largest_the_strongest() -> None:
    picture = coloured_tokens(["a", "b", "c", "d"], [2.0, -1.0, 0.0, math.nan])
    assert colours(picture) == [
        "rgba(56, 132, 236, 0.650)",
        "rgba(228, 122, 38, 0.325)",
        "rgba(56, 132, 236, 0.000)",
        "rgba(56, 132, 236, 0.000)",
    ]
    assert picture.in_words == "'a' 2 'b' -1 'c' 0 'd' nan"


def test_there_must_be_a_value_for_each_token() -> None:
    with pytest.raises(
        ValueError, match=r"There are 2 tokens, but the token axis has 3 in the shape \(3,\)."
    ):
        coloured_tokens(["a", "b"], [1, 2, 3])
