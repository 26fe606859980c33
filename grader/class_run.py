"""Grades a class with nbgrader's own autograde, one student at a time: nobody's notebook stops the others."""

from collections.abc import Callable, Iterable
from pathlib import Path

from grader.nbgrader_commands import Outcome, nbgrader
from grader.results import Classroom, Result
from grader.student_version import load_config
from utils.weeks import Week

Seen = Callable[[Outcome], None]
"""Is told of each command when it is done."""


def autograde_class(root: Path, week: Week, students: Iterable[str], seen: Seen) -> list[Result]:
    """Autogrades each student's submission; the results come in the students' order.

    Raises:
        CourseError: the week has not been built in `root`.
    """
    classroom = Classroom(load_config(root))
    return [_autograde(root, classroom, week, student, seen) for student in students]


def _autograde(root: Path, classroom: Classroom, week: Week, student: str, seen: Seen) -> Result:
    outcome = nbgrader(root, "autograde", week.folder, f"--student={student}", "--force")
    seen(outcome)
    failure = "" if outcome.ok else outcome.reason or "nbgrader failed without saying why."
    return classroom.result(week, student, failure)
