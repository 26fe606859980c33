"""Any week's notebook as students hand it in, to be graded by the real executor."""

import json
from functools import cache

import nbformat
from autograde.week05 import REPOSITORY
from nbformat import NotebookNode

from grader.autograde import GradedSubmission, GradingTask
from grader.autograde.grade import grade_submission
from grader.autograde.seeds import hidden_seed
from grader.build.source import read_source
from grader.tools.demo.sample_class import fill_in, right_answers
from utils.weeks import Week, find_week


@cache
def right(number: int) -> dict[str, str]:
    """The week's right answers by grade_id."""
    return dict(right_answers(read_source(REPOSITORY, find_week(number)).notebook))


def handed_in(number: int, **answers: str) -> NotebookNode:
    """The week's released notebook with these answers."""
    return fill_in(nbformat.read(_notebook(find_week(number)), as_version=4), answers)


def grade(number: int, notebook: NotebookNode) -> GradedSubmission:
    """The notebook, graded as that week's."""
    week = find_week(number)
    content, parts = json.dumps(notebook).encode(), _notebook(week).with_name("parts.py")
    task = GradingTask(
        week=week.folder,
        source=_notebook(week).read_bytes(),
        submission=content,
        seed=hidden_seed("a test's secret", week.folder, content),
        parts=parts.read_bytes() if parts.is_file() else b"",
    )
    return grade_submission(task)


def _notebook(week: Week):
    return REPOSITORY / "course" / week.folder / f"{week.notebook}.ipynb"
