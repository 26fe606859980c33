"""Week 5 as students hand it in, to be graded by the real executor."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.autograde import GradedSubmission, GradingTask
from grader.autograde.grade import grade_submission
from grader.autograde.seeds import hidden_seed
from grader.build.source import read_source
from grader.notebook.cells import grade_id
from grader.notebook.exercises import Exercise, exercises_of
from grader.sandbox.limits import Limits
from grader.tools.demo.sample_class import fill_in, right_answers
from utils.weeks import find_week

REPOSITORY = Path(__file__).resolve().parents[2]
WEEK = find_week(5)
RELEASED = REPOSITORY / "course" / WEEK.folder / f"{WEEK.notebook}.ipynb"
PARTS = RELEASED.with_name("parts.py")


@cache
def exercises() -> Mapping[str, Exercise]:
    """The week's exercises by name, with their kinds and points, from the source."""
    return {each.name: each for each in exercises_of(read_source(REPOSITORY, WEEK).notebook.cells)}


def worth(kind: str) -> float:
    """The points of all exercises of a kind: core, stretch or written."""
    return sum(each.out_of for each in exercises().values() if each.kind == kind)


def all_but(*names: str) -> float:
    """The points of a notebook in which only these exercises are lost."""
    return FULL - sum(exercises()[name].out_of for name in names)


FULL = worth("core") + worth("stretch")
"""All that checks give."""


@cache
def answers() -> Mapping[str, str]:
    """The right answers by grade_id, from the source: the notebook with solutions need not be built."""
    return right_answers(read_source(REPOSITORY, WEEK).notebook)


def released() -> NotebookNode:
    """The notebook that students get."""
    return nbformat.read(RELEASED, as_version=4)


def solved(**changed: str) -> NotebookNode:
    """The notebook with every right answer, but for those that are given."""
    return fill_in(released(), {**answers(), **changed})


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell of that grade_id."""
    return next(each for each in notebook.cells if grade_id(each) == name)


def number(name: str) -> int:
    """The number of this cell in the released notebook, counted from 1 as in remarks and reports."""
    return 1 + next(at for at, each in enumerate(released().cells) if grade_id(each) == name)


def names_without_checks() -> list[str]:
    """The names of the released notebook's cells that are not checks: answers, set-up, texts to write."""
    names = [grade_id(each) for each in released().cells]
    return [name for name in names if name and not name.startswith("check_")]


def insert_after(notebook: NotebookNode, name: str, code: str) -> NotebookNode:
    """The notebook with one more code cell, of the student's own."""
    place = notebook.cells.index(cell(notebook, name)) + 1
    notebook.cells.insert(place, nbformat.v4.new_code_cell(code))
    return notebook


def task(
    submission: bytes | NotebookNode,
    limits: Limits | None = None,
    source: NotebookNode | None = None,
    secret: str = "a test's secret",
) -> GradingTask:
    """A task with that submission."""
    content = submission if isinstance(submission, bytes) else json.dumps(submission).encode()
    return GradingTask(
        week=WEEK.folder,
        source=RELEASED.read_bytes() if source is None else nbformat.writes(source).encode(),
        submission=content,
        seed=hidden_seed(secret, WEEK.folder, content),
        parts=PARTS.read_bytes(),
        limits=limits or Limits(),
    )


Grade = Callable[..., GradedSubmission]


def grade(submission: bytes | NotebookNode, **options) -> GradedSubmission:
    """The submission, graded."""
    return grade_submission(task(submission, **options))


def points(graded: GradedSubmission) -> dict[str, float | None]:
    """Points by exercise."""
    return {each.cell.removeprefix("check_"): each.points for each in graded.ledger}


def reasons(graded: GradedSubmission) -> dict[str, str]:
    """Reasons by exercise."""
    return {each.cell.removeprefix("check_"): each.reason for each in graded.ledger}


def lost(graded: GradedSubmission) -> set[str]:
    """The exercises that did not get all their points; those that a person grades are none of them."""
    return {
        each.cell.removeprefix("check_")
        for each in graded.ledger
        if each.points is not None and each.points < each.max_points
    }
