"""What lateness costs, of the points that the gradebook has: a person's grade may come after the run's."""

from collections.abc import Collection, Iterable

from nbgrader.api import Assignment, Notebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from utils.weeks import Week


def penalty(notebook: SubmittedNotebook, late: AssignLatePenalties) -> float | None:
    """The points that the policy takes off a submission's; None for none."""
    seconds = seconds_late(notebook.assignment)
    if seconds <= 0:
        return None
    late.init_plugin()
    asked = late.plugin_inst.late_submission_penalty(notebook.assignment.student_id, notebook.score, seconds)
    return None if asked is None else late._check_late_penalty(notebook, asked)


def stale_penalties(
    session: Session, week: Week, students: Collection[str], late: AssignLatePenalties
) -> list[str]:
    """Which of these students' penalties are not what the policy takes off their points of today."""
    asked = [each for each in _submitted(session, week) if each.assignment.student_id in students]
    return [
        each.assignment.student_id for each in asked if each.late_submission_penalty != penalty(each, late)
    ]


def renew_penalty(session: Session, week: Week, student: str, late: AssignLatePenalties) -> None:
    """Writes a student's penalty as the policy has it for the points of today."""
    for notebook in _submitted(session, week):
        if notebook.assignment.student_id == student:
            notebook.late_submission_penalty = penalty(notebook, late)


def seconds_late(submission: SubmittedAssignment) -> float:
    """By how much a submission came after its time; 0 where there is no due date."""
    # With an extension but no due date, nbgrader adds it to None.
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
