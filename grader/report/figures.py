"""Statistics of a graded class: exercises, common mistakes, and submissions for a person to look at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.gradebook.reasons import NOT_WRITTEN
from grader.gradebook.results import StudentResult
from grader.notebook.exercises import Exercise
from grader.report.table import place_of
from utils.self_check.result import CheckRow


@dataclass(frozen=True)
class ExerciseFigures:
    """The class's figures for one exercise. nbgrader records no working time, so there is none here."""

    exercise: Exercise
    graded: int
    """The number of graded submissions."""
    right: int
    """The number of these with full points."""
    unwritten: int
    """The number of these without an answer."""
    points: float
    """The sum of all points."""

    @property
    def share_right(self) -> float:
        """Return the share of graded submissions with full points; 0 without graded submissions."""
        return self.right / self.graded if self.graded else 0.0

    @property
    def mean_points(self) -> float:
        """Return the mean points of graded submissions; 0 without graded submissions."""
        return self.points / self.graded if self.graded else 0.0


@dataclass(frozen=True)
class CommonMistake:
    """A known mistake, with the students who made it."""

    exercise: str
    name: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """A finding about a submission that a person should look at."""

    student: str
    place: str
    """The cell, with the line if there is one."""
    what: str


def exercise_figures(
    exercises: Sequence[Exercise], results: Sequence[StudentResult]
) -> list[ExerciseFigures]:
    """Return the figures of each exercise, in order."""
    return [_figures(exercise, _rows(exercise, results)) for exercise in exercises]


def common_mistakes(results: Iterable[StudentResult]) -> list[CommonMistake]:
    """Return the known mistakes that were made, the most common first."""
    students_of: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for exercise, mistake in result.mistakes.items():
            students_of.setdefault((exercise, mistake), []).append(result.student)
    found = [
        CommonMistake(exercise, name, tuple(students)) for (exercise, name), students in students_of.items()
    ]
    return sorted(found, key=lambda each: (-len(each.students), each.exercise, each.name))


def delegation(results: Iterable[StudentResult]) -> list[Finding]:
    """Return signs that ready-made code did an exercise's work. They change no grade."""
    return [Finding(result.student, place_of(sign), sign.what) for result in results for sign in result.signs]


def oddities(results: Iterable[StudentResult]) -> list[Finding]:
    """Return the oddities of submissions, and the reasons why some could not be graded."""
    found = []
    for result in results:
        found += [Finding(result.student, "", odd) for odd in result.odd]
        if result.problem:
            found.append(Finding(result.student, "", f"not graded: {result.problem}"))
    return found


def _rows(exercise: Exercise, results: Iterable[StudentResult]) -> list[CheckRow]:
    return [row for result in results for row in result.rows if row.exercise == exercise.name]


def _figures(exercise: Exercise, rows: Sequence[CheckRow]) -> ExerciseFigures:
    # A written answer that needs manual grading is not graded yet.
    graded = [row for row in rows if row.mark != "✎"]
    return ExerciseFigures(
        exercise=exercise,
        graded=len(graded),
        right=sum(row.points >= row.out_of for row in graded),
        unwritten=sum(row.reason == NOT_WRITTEN for row in graded),
        points=sum(row.points for row in graded),
    )
