"""A graded class in numbers: each exercise, the most common mistakes, what is worth a look."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.gradebook.reasons import NOT_WRITTEN
from grader.gradebook.results import StudentResult
from grader.notebook.exercises import Exercise
from grader.report.table import place_of
from utils.self_check.result import CheckRow


@dataclass(frozen=True)
class ExerciseFigures:
    """How the class did in one exercise. How long it took nobody knows: nbgrader keeps no such time."""

    exercise: Exercise
    graded: int
    """Submissions that have been graded."""
    right: int
    """Of these, with all of its points."""
    unwritten: int
    """Of these, without an answer."""
    points: float
    """All points that were got, together."""

    @property
    def share_right(self) -> float:
        """The share of the graded submissions that have all points; 0 where there are none."""
        return self.right / self.graded if self.graded else 0.0

    @property
    def mean_points(self) -> float:
        """Points a graded submission; 0 where there are none."""
        return self.points / self.graded if self.graded else 0.0


@dataclass(frozen=True)
class CommonMistake:
    """A known mistake, and who made it."""

    exercise: str
    name: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class WorthALook:
    """Something about a submission that a person should see."""

    student: str
    place: str
    """A cell and a line, where it has one."""
    what: str


def exercise_figures(
    exercises: Sequence[Exercise], results: Sequence[StudentResult]
) -> list[ExerciseFigures]:
    """One for each exercise, in order."""
    return [_figures(exercise, _rows(exercise, results)) for exercise in exercises]


def common_mistakes(results: Iterable[StudentResult]) -> list[CommonMistake]:
    """Every known mistake that was made, the most common first."""
    who: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for exercise, mistake in result.mistakes.items():
            who.setdefault((exercise, mistake), []).append(result.student)
    found = [CommonMistake(exercise, name, tuple(students)) for (exercise, name), students in who.items()]
    return sorted(found, key=lambda each: (-len(each.students), each.exercise, each.name))


def delegation(results: Iterable[StudentResult]) -> list[WorthALook]:
    """Signs that something ready-made did an exercise's work. They change no grade."""
    return [
        WorthALook(result.student, place_of(sign), sign.what) for result in results for sign in result.signs
    ]


def oddities(results: Iterable[StudentResult]) -> list[WorthALook]:
    """What was strange about submissions, and what could not be graded."""
    found = []
    for result in results:
        found += [WorthALook(result.student, "", odd) for odd in result.odd]
        if result.problem:
            found.append(WorthALook(result.student, "", f"not graded: {result.problem}"))
    return found


def _rows(exercise: Exercise, results: Iterable[StudentResult]) -> list[CheckRow]:
    return [row for result in results for row in result.rows if row.exercise == exercise.name]


def _figures(exercise: Exercise, rows: Sequence[CheckRow]) -> ExerciseFigures:
    # An answer in words that still waits for a person is not graded yet.
    graded = [row for row in rows if row.mark != "✎"]
    return ExerciseFigures(
        exercise=exercise,
        graded=len(graded),
        right=sum(row.points >= row.out_of for row in graded),
        unwritten=sum(row.reason == NOT_WRITTEN for row in graded),
        points=sum(row.points for row in graded),
    )
