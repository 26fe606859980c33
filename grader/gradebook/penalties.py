"""Penalties for late submissions, computed from the gradebook's points, which a person may change later."""

from collections.abc import Collection, Iterable

from nbgrader.api import Assignment, Notebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from utils.weeks import Week


def penalty(notebook: SubmittedNotebook, late_policy: AssignLatePenalties) -> float | None:
    """Return the points that the policy takes off a submission; None for no penalty."""
    seconds = seconds_late(notebook.assignment)
    if seconds <= 0:
        return None
    late_policy.init_plugin()
    points = late_policy.plugin_inst.late_submission_penalty(
        notebook.assignment.student_id, notebook.score, seconds
    )
    # Private, but the only method with which nbgrader bounds a plugin's penalty (from 0 to the score): the
    # class run must give the same penalty as `nbgrader autograde`.
    return None if points is None else late_policy._check_late_penalty(notebook, points)


def stale_penalties(
    session: Session, week: Week, students: Collection[str], late_policy: AssignLatePenalties
) -> list[str]:
    """Return those of the students whose penalty differs from the policy's for their current points."""
    submitted = [each for each in _submitted(session, week) if each.assignment.student_id in students]
    return [
        each.assignment.student_id
        for each in submitted
        if each.late_submission_penalty != penalty(each, late_policy)
    ]


def renew_penalty(session: Session, week: Week, student: str, late_policy: AssignLatePenalties) -> None:
    """Writes the policy's penalty for a student's current points."""
    for notebook in _submitted(session, week):
        if notebook.assignment.student_id == student:
            notebook.late_submission_penalty = penalty(notebook, late_policy)


def seconds_late(submission: SubmittedAssignment) -> float:
    """Return the seconds between the deadline and a submission; 0 if in time or without a due date."""
    # nbgrader's property fails for an extension without a due date: it adds the extension to None.
    return 0 if submission.assignment.duedate is None else submission.total_seconds_late


def _submitted(session: Session, week: Week) -> Iterable[SubmittedNotebook]:
    query = (
        select(SubmittedNotebook)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(Assignment, Assignment.id == Notebook.assignment_id)
        .where(Assignment.name == week.folder, Notebook.name == week.notebook)
        .options(joinedload(SubmittedNotebook.assignment))
    )
    return session.scalars(query)
