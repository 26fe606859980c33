"""The results of a week by student: points from the gradebook, reasons from the class run's details."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.autograde.task import CellGrade, DelegationSign
from grader.gradebook.database import OpenGradebook
from grader.gradebook.graded_file import GradedFile
from grader.gradebook.queries import CellScore, Kept, kept_of, refused_of
from grader.gradebook.reasons import MISSING, NOT_WRITTEN, mistake, reason
from grader.gradebook.settings import ClassRun
from grader.notebook.cells import grade_id
from grader.notebook.exercises import Exercise, read_exercises
from utils.errors import CourseError
from utils.self_check.result import CheckRow, Kind, Mark
from utils.weeks import Week

NOT_YET = "it has not been autograded."


@dataclass(frozen=True)
class StudentResult:
    """One student's result for one week."""

    student: str
    rows: tuple[CheckRow, ...]
    """One row for each exercise, in the notebook's order; empty if nothing has been graded."""
    problem: str = ""
    """The reason why the submission could not be graded. If there are rows, they are of an earlier one."""
    odd: tuple[str, ...] = ()
    """Oddities of the submission, a sentence each."""
    signs: tuple[DelegationSign, ...] = ()
    """Signs that ready-made code did an exercise's work."""
    mistakes: Mapping[str, str] = field(default_factory=dict)
    """Known mistakes, by exercise."""
    layers: tuple[str, ...] = ()
    """The layers of protection in force when it was graded."""
    reference: str = ""
    """The reference model with which it was judged."""
    timestamp: datetime | None = None
    seconds_late: float = 0.0
    penalty: float = 0.0
    """Points that the policy for late submissions takes away."""
    stale: bool = False
    """True if something that the grade depends on has changed; see `grader.class_run.stale_grades`."""

    def points(self, kind: Kind) -> float:
        """Return the sum of the points in the exercises of a kind."""
        return sum(row.points for row in self.rows if row.kind == kind)


class Classroom:
    """A course folder's gradebook and folders, as nbgrader's configuration maps them."""

    def __init__(self, config: Config):
        self._config = config
        self.folders = CourseDirectory(config=config)
        """nbgrader's own view of the folders."""

    @property
    def all_submitted(self) -> Path:
        """The folder of all submissions."""
        return Path(self.folders.root, self.folders.submitted_directory)

    @property
    def lock(self) -> Path:
        """The file whose lock a class run holds."""
        graded = Path(self.folders.root, self.folders.autograded_directory)
        return graded.with_name(f"{graded.name}.lock")

    def submitted(self, week: Week, student: str) -> Path:
        """Return the path of a student's submitted notebook."""
        return self._notebook(self.folders.submitted_directory, week, student)

    def autograded(self, week: Week, student: str) -> Path:
        """Return the path of a student's graded notebook."""
        return self._notebook(self.folders.autograded_directory, week, student)

    def graded_file(self, week: Week, student: str) -> GradedFile:
        """Return a student's graded notebook, to be written by the class run."""
        return GradedFile(self.autograded(week, student), self._mode, self.folders.groupshared)

    def feedback(self, week: Week, student: str) -> Path:
        """Return the path of a student's feedback."""
        return self._notebook(self.folders.feedback_directory, week, student).with_suffix(".html")

    def exercises(self, week: Week) -> list[Exercise]:
        """Return the week's exercises.

        Raises:
            CourseError: the week has not been built.
        """
        return read_exercises(self._notebook(self.folders.source_directory, week, "."))

    def students(self, week: Week) -> list[str]:
        """Return the students who have submitted something for the week, sorted."""
        pattern = self.submitted(week, "*").parent.relative_to(self.folders.root)
        return sorted(folder.parent.name for folder in Path(self.folders.root).glob(str(pattern)))

    def known(self, week: Week, gradebook: OpenGradebook) -> list[str]:
        """Return the students with a submission of the week in the gradebook, even if the files are gone."""
        with gradebook.reading() as session:
            return sorted(kept_of(session, week))

    def gradebook(self) -> OpenGradebook:
        """Opens the gradebook.

        Raises:
            CourseError: there is no gradebook, or it cannot be opened.
        """
        return OpenGradebook(self.folders.db_url, ClassRun(config=self._config).database_wait)

    def result(self, week: Week, student: str) -> StudentResult:
        """Return one student's result; see `results`."""
        with self.gradebook() as gradebook:
            return self.results(week, [student], {}, gradebook)[0]

    def results(
        self, week: Week, students: Iterable[str], failures: Mapping[str, str], gradebook: OpenGradebook
    ) -> list[StudentResult]:
        """Return the results of these students, in their order.

        Args:
            week: the week.
            students: the students.
            failures: reasons why submissions could not be graded, from the current run.
            gradebook: the open gradebook.

        Raises:
            CourseError: the week has not been built, or has changed since it was released.
        """
        with gradebook.reading() as session:
            kept, refused = kept_of(session, week), refused_of(session, week.folder)
        problems = {**{student: refusal.reason for student, refusal in refused.items()}, **failures}
        exercises = self.exercises(week)
        return [
            self._result(week, exercises, student, kept.get(student), problems.get(student, ""))
            for student in students
        ]

    def _result(
        self, week: Week, exercises: list[Exercise], student: str, kept: Kept | None, problem: str
    ) -> StudentResult:
        graded = self.graded_file(week, student)
        in_place = graded.current_digest()
        # A run that was killed may have left the new file staged, with its points already in the gradebook.
        is_staged = kept and graded.staged_digest() == kept.file
        details = kept.details if kept and (is_staged or in_place in {kept.file, ""}) else None
        if kept is None or not (details or in_place):
            return StudentResult(student, (), problem or NOT_YET)
        if details is None:
            return _of_nbgrader(student, exercises, kept, graded.path, problem)
        ledger = {grade.cell: grade for grade in details.ledger}
        return StudentResult(
            student=student,
            rows=tuple(_rows(exercises, kept.cells, lambda each: _reason_in(ledger.get(each.cell)))),
            problem=problem,
            odd=(*details.odd, *_excess_points(exercises, kept.cells)),
            signs=details.signs,
            mistakes=_mistakes(exercises, ledger),
            layers=details.layers,
            reference=details.reference,
            timestamp=kept.timestamp,
            seconds_late=kept.seconds_late,
            penalty=kept.penalty,
        )

    @cached_property
    def _mode(self) -> int:
        # nbgrader's setting holds octal digits as a decimal number: 444 means 0o444.
        return int(str(Autograde(coursedir=self.folders, config=self._config).permissions), 8)

    def _notebook(self, step: str, week: Week, student: str) -> Path:
        return Path(self.folders.format_path(step, student, week.folder)) / f"{week.notebook}.ipynb"


def _of_nbgrader(
    student: str, exercises: list[Exercise], kept: Kept, graded: Path, problem: str
) -> StudentResult:
    """Return a result of `nbgrader autograde` or formgrader, with reasons from the graded notebook."""
    cells = {grade_id(cell): cell for cell in nbformat.read(graded, as_version=4).cells}
    return StudentResult(
        student=student,
        rows=tuple(_rows(exercises, kept.cells, lambda each: reason(cells.get(each.cell)))),
        problem=problem,
        odd=tuple(_excess_points(exercises, kept.cells)),
        mistakes=_mistakes_in(exercises, cells),
        timestamp=kept.timestamp,
        seconds_late=kept.seconds_late,
        penalty=kept.penalty,
    )


def _excess_points(exercises: Iterable[Exercise], cells: Mapping[str, CellScore]) -> Iterator[str]:
    """Yield a sentence for each manual score above an exercise's points, which have been lowered since."""
    for each in exercises:
        score = cells[each.cell].manual_score if each.cell in cells else None
        if score is not None and score > each.out_of:
            yield (
                f"{each.name} has {score:g} points from a person and now has {each.out_of:g}: look at it in "
                "formgrader."
            )


def _rows(
    exercises: Iterable[Exercise],
    cells: Mapping[str, CellScore],
    reason_of: Callable[[Exercise], str],
) -> Iterator[CheckRow]:
    for each in exercises:
        if each.cell not in cells:
            raise CourseError(
                f"The gradebook does not know {each.cell}: the week has changed since "
                "`nbgrader generate_assignment`. Run that again, with --force, and grade again."
            )
        yield _row(each, cells[each.cell], reason_of(each))


def _row(exercise: Exercise, score: CellScore, text: str) -> CheckRow:
    text = _written(score) if exercise.kind == "written" else text
    return CheckRow(
        exercise=exercise.name,
        kind=exercise.kind,
        points=score.score,
        out_of=exercise.out_of,
        mark=_mark(exercise, score, text),
        reason=text,
    )


def _written(score: CellScore) -> str:
    if score.waits:
        return "waits for a person's grade"
    return "graded by a person" if score.by_person else NOT_WRITTEN


def _mark(exercise: Exercise, score: CellScore, text: str) -> Mark:
    if exercise.kind == "written" and score.waits:
        return "✎"
    if score.score == exercise.out_of:
        return "✓"
    return "○" if text in {NOT_WRITTEN, MISSING} else "✗"


def _reason_in(grade: CellGrade | None) -> str:
    return grade.reason if grade else MISSING


def _mistakes(exercises: Iterable[Exercise], ledger: Mapping[str, CellGrade]) -> dict[str, str]:
    named = {each.name: ledger[each.cell].mistake for each in exercises if each.cell in ledger}
    return {name: mistake for name, mistake in named.items() if mistake}


def _mistakes_in(exercises: Iterable[Exercise], cells: Mapping[str | None, NotebookNode]) -> dict[str, str]:
    named = {each.name: mistake(cells.get(each.cell)) for each in exercises}
    return {name: found for name, found in named.items() if found}
