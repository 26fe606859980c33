"""Reads a week's grades from the gradebook, for the whole class at once."""

from dataclasses import dataclass
from datetime import datetime

from nbgrader.api import Assignment, BaseCell, Grade, Notebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from grader.gradebook.details import Details
from grader.gradebook.penalties import seconds_late
from grader.gradebook.tables import GRADED, REFUSED
from utils.weeks import Week


@dataclass(frozen=True)
class CellScore:
    """What the gradebook has for one cell of a submission."""

    score: float
    """A person's score, where there is one, with extra credit; else the grader's."""
    waits: bool
    """Whether a person still has to look at it."""
    by_person: bool
    """Whether a person gave the score."""
    given: float | None = None
    """What a person gave, without extra credit."""


@dataclass(frozen=True)
class Kept:
    """All that the gradebook has for one student's submission."""

    cells: dict[str, CellScore]
    """By grade_id."""
    timestamp: datetime | None
    seconds_late: float
    penalty: float
    """Points that the policy for late submissions takes away."""
    details: Details | None
    """How the class run graded it; None where something else did."""
    file: str
    """The digest of the graded notebook that belongs to `details`."""


def kept_of(session: Session, week: Week) -> dict[str, Kept]:
    """Everybody's submission of the week, by student."""
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
    """What the gradebook says of a former grading."""

    fingerprint: str
    file: str
    """The digest of the graded notebook."""


def known_of(session: Session, week: str) -> dict[str, Known]:
    """What the class run remembers of each student's grading of a week (its folder).

    A grade that somebody has removed from nbgrader's tables since is not known any more.
    """
    there = (
        select(SubmittedAssignment.id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == week, SubmittedAssignment.student_id == GRADED.c.student)
    )
    rows = session.execute(
        select(GRADED.c.student, GRADED.c.fingerprint, GRADED.c.file).where(
            GRADED.c.assignment == week, there.exists()
        )
    )
    return {student: Known(fingerprint, file) for student, fingerprint, file in rows}


@dataclass(frozen=True)
class Deadlines:
    """Until when a week's submissions are in time, in UTC without a zone."""

    usual: datetime | None
    extended: dict[str, datetime]
    """For students who have an extension."""

    def of(self, student: str) -> datetime | None:
        """A student's; None where there is none."""
        return self.extended.get(student, self.usual)


def deadlines_of(session: Session, week: str) -> Deadlines:
    """The deadlines of a week (its folder)."""
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
    """Why a submission could not be graded the last time."""

    reason: str
    fingerprint: str
    """Of the submission, where it would be refused again; else empty."""


def refused_of(session: Session, week: str) -> dict[str, Refusal]:
    """Who could not be graded the last time."""
    return {row.student: Refusal(row.reason, row.fingerprint) for row in _own_rows(session, REFUSED, week)}


def _own_rows(session: Session, table: Table, week: str) -> list:
    return list(session.execute(select(table).where(table.c.assignment == week)))


def _scores(session: Session, week: Week) -> dict[str, dict[str, CellScore]]:
    """By submitted notebook and cell."""
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
    for notebook, cell, score, waits, given in session.execute(query):
        found.setdefault(notebook, {})[cell] = CellScore(score, waits, given is not None, given)
    return found


def _kept(
    notebook: SubmittedNotebook,
    submission: SubmittedAssignment,
    scores: dict[str, dict[str, CellScore]],
    own,
) -> Kept:
    return Kept(
        cells=scores.get(notebook.id, {}),
        timestamp=submission.timestamp,
        seconds_late=seconds_late(submission),
        penalty=notebook.late_submission_penalty or 0.0,
        details=Details.from_json(own.details) if own else None,
        file=own.file if own else "",
    )
