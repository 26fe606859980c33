"""What a stretch exercise is worth."""

from itertools import pairwise

import pytest

from grader.build.stretch_points import STRETCH_POINTS, Stated, stated, stretch_points

LINE = "*Difficulty 4 of 5 · importance 2 of 5 · 25 minutes · stretch, 20 points*"


def test_more_difficulty_or_more_time_gives_more_points():
    rows = [STRETCH_POINTS[minutes] for minutes in sorted(STRETCH_POINTS)]
    assert all(len(row) == 5 for row in rows)
    assert all(less < more for row in rows for less, more in pairwise(row))
    columns = [*zip(*rows, strict=True)]
    assert all(less < more for column in columns for less, more in pairwise(column))


@pytest.mark.parametrize("difficulty", [0, 6])
def test_a_difficulty_outside_one_to_five_has_no_points(difficulty):
    assert stretch_points(difficulty, 20) is None


def test_a_length_that_the_table_lacks_has_no_points():
    assert stretch_points(3, 35) is None
    assert stretch_points(3, 40) == 25


def test_the_line_below_a_heading_is_read():
    assert stated(f"## Stretch 1 · `f`\n\n{LINE}\n\n**Why.** …") == Stated(4, 25, "stretch", 20)
    assert stated(LINE.replace("stretch", "core").replace("20", "9")) == Stated(4, 25, "core", 9)
    assert stated("## A chapter\n\nIt takes 25 minutes.") is None
