"""The class's table is readable in a window of 80 columns, and says each cause once."""

import io

import pytest
from rich.console import Console

from grader.gradebook.results import StudentResult
from grader.notebook.exercises import Exercise
from grader.report.table import reasons_of, results_table
from utils.self_check.result import CheckRow

from .small_class import WEEK

EXERCISES = [Exercise(f"check_{name}", "core", 10) for name in ("mask", "pattern", "values", "heads")]
LONG = "the mask hides the past instead of the future, and so the first position sees nothing at all"


def result(student: str, **reasons: str) -> StudentResult:
    """A student who has lost the exercises that have a reason."""
    rows = [
        CheckRow(each.name, "core", 0 if each.name in reasons else 10, 10, "✗", reasons.get(each.name, ""))
        for each in EXERCISES
    ]
    return StudentResult(student, tuple(rows))


def printed(found: StudentResult, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(results_table(WEEK, EXERCISES, [found]))
    return console.file.getvalue()


@pytest.mark.parametrize("name", ["ada", "a" * 128, "Ada Example of the Long Name " * 4, "李" * 60])
def test_reasons_keep_their_room_beside_any_name(name):
    lines = printed(result(name, mask=LONG), 80).splitlines()
    row = next(line for line in lines if "mask: " in line)
    assert max(map(len, lines)) <= 80
    assert len(row.split("│")[-2]) >= 34
    assert "…" not in "".join(lines)


def test_a_cause_is_said_once_for_all_exercises_that_it_costs():
    gone = "NameError: name 'mask' is not defined"
    found = result(
        "ada", mask="3 of 6 cases differ from GPT-2", pattern=gone, values=gone, heads="no scaling"
    )
    assert reasons_of(found) == [
        "mask: 3 of 6 cases differ from GPT-2",
        "pattern, values: because of mask",
        "heads: no scaling",
    ]


def test_a_name_that_is_no_lost_exercise_is_said_as_it_is():
    gone = "NameError: name 'torhc' is not defined"
    assert reasons_of(result("ada", mask=gone, pattern=gone)) == [f"mask, pattern: {gone}"]
    own = "NameError: name 'mask' is not defined"
    assert reasons_of(result("ada", mask=own)) == [f"mask: {own}"]
