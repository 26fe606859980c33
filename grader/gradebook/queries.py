"""Reads a week's grades from the gradebook for the whole class at once."""

from dataclasses import dataclass
from datetime import datetime

from nbgrader.api import Assignment, BaseCell, Grade, Notebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Row, Table, select
from sqlalchemy.orm import Session

from grader.gradebook.details import Details
from grader.gradebook.penalties import seconds_late
from grader.gradebook.tables import GRADED, REFUSED
from utils.weeks import Week


@dataclass(frozen=True)
class CellScore:
    """The gradebook's score for one cell of a submission."""

    score: float
    """The manual score with extra credit, if there is one; else the automatic score."""
    waits: bool
    """True if it needs manual grading."""
    by_person: bool
    """True if there is a manual score."""
    manual_score: float | None = None
    """The manual score without extra credit."""


@dataclass(frozen=True)
class Kept:
    """The gradebook's record of one student's submission."""

    cells: dict[str, CellScore]
    """By grade_id."""
    timestamp: datetime | None
    seconds_late: float
    penalty: float
    """Points that the policy for late submissions takes away."""
    details: Details | None
    """The details of the class run's grading; None if nbgrader graded it."""
    file: str
    """The digest of the graded notebook that belongs to `details`."""


def kept_of(session: Session, week: Week) -> dict[str, Kept]:
    """Return the gradebook's submissions of the week, by student."""
    own = {row.student: row for row in _own_rows(session, GRADED, week.folder)}
    query = (
        select(SubmittedNotebook, SubmittedAssignment)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == week.folder, Notebook.name == week.notebook)
    )
    scores = _scores(session, week)
    return {
        submission.student_id: _kept(notebook, submission, scores, own.get(submission.student_id))
        for notebook, submission in session.execute(query)
    }


@dataclass(frozen=True)
class Known:
    """The gradebook's record of a former grading by the class run."""

    fingerprint: str
    file: str
    """The digest of the graded notebook."""


def known_of(session: Session, week: str) -> dict[str, Known]:
    """Return each student's former grading of a week (its folder), unless the submission has been removed."""
    submission = (
        select(SubmittedAssignment.id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == week, SubmittedAssignment.student_id == GRADED.c.student)
    )
    rows = session.execute(
        select(GRADED.c.student, GRADED.c.fingerprint, GRADED.c.file).where(
            GRADED.c.assignment == week, submission.exists()
        )
    )
    return {student: Known(fingerprint, file) for student, fingerprint, file in rows}


@dataclass(frozen=True)
class Deadlines:
    """A week's deadlines, in UTC without a zone."""

    usual: datetime | None
    extended: dict[str, datetime]
    """The deadlines of students who have an extension."""

    def of(self, student: str) -> datetime | None:
        """Return a student's deadline; None without a due date."""
        return self.extended.get(student, self.usual)


def deadlines_of(session: Session, week: str) -> Deadlines:
    """Return the deadlines of a week (its folder)."""
    usual = session.scalar(select(Assignment.duedate).where(Assignment.name == week))
    extensions = session.execute(
        select(SubmittedAssignment.student_id, SubmittedAssignment.extension)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == week, SubmittedAssignment.extension.is_not(None))
    )
    extended = {student: usual + extension for student, extension in extensions if usual is not None}
    return Deadlines(usual, extended)


@dataclass(frozen=True)
class Refusal:
    """The reason why a submission could not be graded in the last class run."""

    reason: str
    fingerprint: str
    """The submission's fingerprint, if it would be refused again; else empty."""


def refused_of(session: Session, week: str) -> dict[str, Refusal]:
    """Return the students who could not be graded in the last class run, with the reasons."""
    return {row.student: Refusal(row.reason, row.fingerprint) for row in _own_rows(session, REFUSED, week)}


def _own_rows(session: Session, table: Table, week: str) -> list[Row]:
    return list(session.execute(select(table).where(table.c.assignment == week)))


def _scores(session: Session, week: Week) -> dict[str, dict[str, CellScore]]:
    """Return the scores by the submitted notebook's id and the cell's name."""
    query = (
        select(
            Grade.notebook_id,
            BaseCell.name,
            Grade.score,
            Grade.needs_manual_grade,
            Grade.manual_score,
        )
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .join(Notebook, Notebook.id == BaseCell.notebook_id)
        .join(Assignment, Assignment.id == Notebook.assignment_id)
        .where(Assignment.name == week.folder, Notebook.name == week.notebook)
    )
    found: dict[str, dict[str, CellScore]] = {}
    for notebook, cell, score, waits, manual_score in session.execute(query):
        found.setdefault(notebook, {})[cell] = CellScore(score, waits, manual_score is not None, manual_score)
    return found


def _kept(
    notebook: SubmittedNotebook,
    submission: SubmittedAssignment,
    scores: dict[str, dict[str, CellScore]],
    own: Row | None,
) -> Kept:
    return Kept(
        cells=scores.get(notebook.id, {}),
        timestamp=submission.timestamp,
        seconds_late=seconds_late(submission),
        penalty=notebook.late_submission_penalty or 0.0,
        details=Details.from_json(own.details) if own else None,
        file=own.file if own else "",
    )
