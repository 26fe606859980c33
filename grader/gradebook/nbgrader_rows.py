"""Writes a graded submission as nbgrader's rows: student, submission, grades, comments, penalty."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.autograde.task import CellGrade
from grader.gradebook.penalties import penalty
from utils.weeks import Week

_TASK_CELL = "TaskCell"
NO_RESPONSE = "No response."
"""nbgrader's comment on an answer that the student left unchanged."""


def write_rows(
    session: Session,
    week: Week,
    student: str,
    timestamp: datetime | None,
    ledger: Iterable[CellGrade],
    unanswered: Mapping[str, bool],
    late_policy: AssignLatePenalties,
) -> None:
    """Writes what `nbgrader autograde` writes, in this transaction. Manual scores and comments stay.

    Args:
        session: the transaction.
        week: the week.
        student: the student.
        timestamp: the time of submission; None keeps the gradebook's.
        ledger: the points of each graded cell.
        unanswered: for each answer cell, whether it is as released.
        late_policy: the policy for late submissions.
    """
    submission = _submission(session, week, student)
    if timestamp is not None:
        submission.timestamp = timestamp
    notebook = next(each for each in submission.notebooks if each.notebook.name == week.notebook)
    session.flush()
    points = {grade.cell: grade.points for grade in ledger}
    for grade, name, kind in _with_cells(session, Grade, notebook):
        if kind == _TASK_CELL:  # always graded by a person, and again after a new submission
            grade.needs_manual_grade = True
        elif name in points:
            _write_points(grade, points[name])
    for comment, name, _ in _with_cells(session, Comment, notebook):
        if name in unanswered:
            comment.auto_comment = NO_RESPONSE if unanswered[name] else None
    session.flush()
    session.expire(notebook, ["score"])  # the database computes it from the grades
    notebook.late_submission_penalty = penalty(notebook, late_policy)


def write_student(session: Session, student: str) -> None:
    """Adds the student to the gradebook if it has no such student."""
    if session.get(Student, student) is None:
        session.add(Student(id=student))
        session.flush()


def _submission(session: Session, week: Week, student: str) -> SubmittedAssignment:
    """Return the student's submission, with any missing rows added."""
    # The lock keeps two class runs from adding the same submission.
    assignment = session.scalars(
        select(Assignment).where(Assignment.name == week.folder).with_for_update()
    ).one()
    write_student(session, student)
    submission = session.scalar(
        select(SubmittedAssignment).where(
            SubmittedAssignment.assignment_id == assignment.id, SubmittedAssignment.student_id == student
        )
    )
    if submission is None:
        submission = SubmittedAssignment(assignment_id=assignment.id, student_id=student)
        session.add(submission)
        session.flush()
    for notebook in session.scalars(select(Notebook).where(Notebook.assignment_id == assignment.id)):
        _complete(session, submission, notebook)
    session.expire(submission)
    return submission


def _complete(session: Session, submission: SubmittedAssignment, notebook: Notebook) -> None:
    """Adds the missing rows of a submitted notebook; all of them for a first submission."""
    submitted = session.scalar(
        select(SubmittedNotebook).where(
            SubmittedNotebook.assignment_id == submission.id, SubmittedNotebook.notebook_id == notebook.id
        )
    )
    if submitted is None:
        submitted = SubmittedNotebook(assignment_id=submission.id, notebook_id=notebook.id)
        session.add(submitted)
        session.flush()
    for kind, cells in ((Grade, (GradeCell, TaskCell)), (Comment, (SolutionCell, TaskCell))):
        existing = set(session.scalars(select(kind.cell_id).where(kind.notebook_id == submitted.id)))
        wanted = [
            name
            for each in cells
            for name in session.scalars(select(each.id).where(each.notebook_id == notebook.id))
        ]
        session.add_all(
            kind(cell_id=cell, notebook_id=submitted.id) for cell in wanted if cell not in existing
        )


def _with_cells(session: Session, kind: Any, notebook: SubmittedNotebook) -> list[tuple[Any, str, str]]:
    """Return the notebook's rows of a kind, each with its cell's name and type."""
    # Locked where the database supports it: formgrader must not write a score between our read and write.
    query = select(kind, BaseCell.name, BaseCell.type).join(BaseCell, BaseCell.id == kind.cell_id)
    rows = session.execute(query.where(kind.notebook_id == notebook.id).with_for_update(of=kind))
    return [tuple(row) for row in rows]


def _write_points(grade: Grade, points: float | None) -> None:
    # As nbgrader does: a manual score stays, and is flagged for another look.
    grade.auto_score = points
    grade.needs_manual_grade = points is None or grade.manual_score is not None
