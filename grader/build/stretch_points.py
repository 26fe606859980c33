"""The points of an exercise, as its text states them, and what a stretch exercise is worth."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nbformat import NotebookNode

from grader.notebook.cells import grading, is_kind, tags

STRETCH_POINTS = {
    10: (5, 8, 10, 12, 15),
    15: (8, 10, 12, 15, 18),
    20: (10, 12, 15, 18, 20),
    25: (12, 15, 18, 20, 22),
    30: (15, 18, 20, 22, 25),
    40: (18, 20, 25, 28, 30),
}
"""The points of a stretch exercise: by its minutes, and of these by its difficulty from 1 to 5."""

_STATED = re.compile(
    r"^\*Difficulty (?P<difficulty>\d) of 5 · importance \d of 5 · (?P<minutes>\d+) minutes · "
    r"(?P<part>core|stretch), (?P<points>\d+) points\*$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Stated:
    """What the line below an exercise's heading states."""

    difficulty: int
    """From 1 to 5."""
    minutes: int
    part: Literal["core", "stretch"]
    points: int


def stated(text: str) -> Stated | None:
    """Returns what the text of an exercise states; None for a text without such a line."""
    match = _STATED.search(text)
    if match is None:
        return None
    difficulty, minutes, points = (int(match[name]) for name in ("difficulty", "minutes", "points"))
    return Stated(difficulty, minutes, "core" if match["part"] == "core" else "stretch", points)


def stretch_points(difficulty: int, minutes: int) -> int | None:
    """Returns the points of a stretch exercise; None for a difficulty or a length outside the table."""
    row = STRETCH_POINTS.get(minutes, ())
    return row[difficulty - 1] if 1 <= difficulty <= len(row) else None


def problems_of_points(cells: list[NotebookNode]) -> Iterator[tuple[int, str]]:
    """Yields position and reason for each check whose points are not those of its text or of the table."""
    text: Stated | None = None
    for position, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            text = stated(cell.source) or text
        elif is_kind(cell, "check") and text is not None:
            yield from ((position, problem) for problem in _problems(text, cell))
            text = None


def _problems(text: Stated, check: NotebookNode) -> Iterator[str]:
    points = grading(check).get("points")
    if text.part not in tags(check):
        yield f"the text above calls it {text.part}, its tags do not."
    if text.points != points:
        yield f"the text above gives it {text.points} points, its metadata {points}."
    if text.part != "stretch":
        return
    due = stretch_points(text.difficulty, text.minutes)
    if due is None:
        known = ", ".join(map(str, STRETCH_POINTS))
        yield (
            f"a stretch exercise has a difficulty from 1 to 5 and takes {known} minutes; "
            f"the text above states difficulty {text.difficulty} and {text.minutes} minutes."
        )
    elif text.points != due:
        yield (
            f"a stretch exercise of difficulty {text.difficulty} and {text.minutes} minutes has {due} points "
            f"(grader/build/stretch_points.py), not {text.points}."
        )
