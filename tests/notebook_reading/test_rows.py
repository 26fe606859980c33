"""Every example of the handbook's table of edits, run by the real executor, costs no points."""

from collections.abc import Iterator

import pytest
from autograde import week05

from grader.autograde.grade import cool_down
from grader.sandbox.limits import Limits

from . import edits
from .rows import EXAMPLES, IN_WORDS, ROWS

SHORT = Limits(cell_seconds=2, notebook_seconds=20)
"""A short limit, so that three seconds are as long here as three minutes in grading."""
SLOW = {"slow cells of one's own", "cells of one's own below the last check"}


@pytest.fixture(scope="module", autouse=True)
def _warm_parent() -> Iterator[None]:
    yield
    cool_down()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "edit"),
    [(row, edit) for row, _, edit in EXAMPLES],
    ids=[f"{row.what}: {name}" for row, name, _ in EXAMPLES],
)
def test_an_example_keeps_its_points(row: edits.Row, edit: edits.Edit):
    limits = SHORT if row.what in SLOW else Limits()
    graded = week05.grade(edits.as_bytes(edits.made(edit)), limits=limits)
    assert graded.problem == ""
    assert week05.lost(graded) == row.lost
    assert graded.points == row.points
    assert week05.points(graded)["own_words"] is None
    assert all(
        reason == "not written yet" for name, reason in week05.reasons(graded).items() if name in row.lost
    )


def test_rows_have_names_of_their_own():
    names = [row.what for row in ROWS]
    assert len(set(names)) == len(names) >= 20


def test_the_handbook_has_every_row():
    text = (week05.REPOSITORY / "grader" / "README.md").read_text()
    section = text.partition("### What may be done to a notebook\n")[2].partition("\n## ")[0]
    lines = [
        line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if line.startswith("| ")
    ]
    assert lines[2:] == [*(row.what for row in ROWS), *IN_WORDS]
