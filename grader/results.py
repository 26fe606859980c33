"""Reads what grading left: points from the gradebook, reasons from the graded notebooks."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from grader.cells import grade_id
from grader.exercises import Exercise, read_exercises
from grader.reasons import MISSING, NOT_WRITTEN, reason
from grader.submissions import problem_of
from utils.errors import CourseError
from utils.self_check.result import Kind, Mark, Row
from utils.weeks import Week


@dataclass(frozen=True)
class Result:
    """What one student got for one week."""

    student: str
    rows: tuple[Row, ...]
    """One an exercise, in the notebook's order; none where the submission could not be graded."""
    problem: str = ""
    """Why it could not be graded, in a sentence."""

    def points(self, kind: Kind) -> float:
        """Points got in all exercises of a kind."""
        return sum(row.points for row in self.rows if row.kind == kind)


class Classroom:
    """The folders and the gradebook of a course folder, as nbgrader's configuration maps them."""

    def __init__(self, config: Config):
        self._directory = CourseDirectory(config=config)

    def submitted(self, week: Week, student: str) -> Path:
        """Where a student's submitted notebook is."""
        return self._notebook(self._directory.submitted_directory, week, student)

    def autograded(self, week: Week, student: str) -> Path:
        """Where it is once it has been graded."""
        return self._notebook(self._directory.autograded_directory, week, student)

    def feedback(self, week: Week, student: str) -> Path:
        """Where the student's feedback is, once it has been made."""
        return self._notebook(self._directory.feedback_directory, week, student).with_suffix(".html")

    def exercises(self, week: Week) -> list[Exercise]:
        """The week's exercises.

        Raises:
            CourseError: the week has not been built.
        """
        return read_exercises(self._notebook(self._directory.source_directory, week, "."))

    def students(self, week: Week) -> list[str]:
        """Who has submitted something for the week, sorted."""
        pattern = self.submitted(week, "*").parent.relative_to(self._directory.root)
        return sorted(folder.parent.name for folder in Path(self._directory.root).glob(str(pattern)))

    def result(self, week: Week, student: str, failure: str = "") -> Result:
        """What the student got. `failure` is why nbgrader could not grade, where it said so.

        Raises:
            CourseError: the week has not been built, or the gradebook does not know the submission.
        """
        graded = self.autograded(week, student)
        if failure or not graded.is_file():
            problem = problem_of(self.submitted(week, student)) or failure or "it has not been autograded."
            return Result(student, (), problem)
        cells = {grade_id(cell): cell for cell in nbformat.read(graded, as_version=4).cells}
        with self._grades(week, student) as grades:
            return Result(student, tuple(_rows(self.exercises(week), grades, cells)))

    @contextmanager
    def _grades(self, week: Week, student: str) -> Iterator[dict[str, Grade]]:
        gradebook = Gradebook(self._directory.db_url, self._directory.course_id)
        with warnings.catch_warnings(), gradebook:
            warnings.simplefilter(
                "ignore", SAWarning
            )  # nbgrader's own, about the order in which it adds objects
            try:
                notebook = gradebook.find_submission_notebook(week.notebook, week.folder, student)
            except MissingEntry:
                raise CourseError(f"The gradebook has no grades of {student} for {week.folder}.") from None
            yield {grade.name: grade for grade in notebook.grades}

    def _notebook(self, step: str, week: Week, student: str) -> Path:
        return Path(self._directory.format_path(step, student, week.folder)) / f"{week.notebook}.ipynb"


def _rows(
    exercises: Iterable[Exercise], grades: Mapping[str, Grade], cells: Mapping[str | None, NotebookNode]
) -> Iterator[Row]:
    for each in exercises:
        if each.cell not in grades:
            raise CourseError(
                f"The gradebook does not know {each.cell}: the week has changed since "
                "`nbgrader generate_assignment`. Run that again, with --force, and grade again."
            )
        yield _row(each, grades[each.cell], cells.get(each.cell))


def _row(exercise: Exercise, grade: Grade, cell: NotebookNode | None) -> Row:
    why = _written(grade) if exercise.kind == "written" else reason(cell)
    return Row(
        exercise=exercise.name,
        kind=exercise.kind,
        points=grade.score or 0,
        out_of=exercise.out_of,
        mark=_mark(exercise, grade, why),
        reason=why,
    )


def _written(grade: Grade) -> str:
    if grade.needs_manual_grade:
        return "waits for a person's grade"
    return NOT_WRITTEN if grade.manual_score is None else "graded by a person"


def _mark(exercise: Exercise, grade: Grade, why: str) -> Mark:
    if exercise.kind == "written" and grade.needs_manual_grade:
        return "✎"
    if grade.score == exercise.out_of:
        return "✓"
    return "○" if why in {NOT_WRITTEN, MISSING} else "✗"
