"""Extensions for single students, which nbgrader keeps with the submission."""

from datetime import datetime, timedelta

from nbgrader.api import Assignment, Student, SubmittedAssignment
from sqlalchemy import select
from sqlalchemy.orm import Session

from utils.errors import CourseError
from utils.weeks import Week


def extend(session: Session, week: Week, student: str, days: float) -> datetime:
    """Gives a student an extension of so many days; 0 removes an earlier one.

    Returns:
        The student's due date, in UTC without a zone.

    Raises:
        CourseError: the gradebook lacks the week, its due date, the student or the submission.
    """
    assignment = session.scalar(select(Assignment).where(Assignment.name == week.folder))
    if assignment is None:
        raise CourseError(f"{week.folder} is not released: `nbgrader generate_assignment {week.folder}`.")
    if assignment.duedate is None:
        raise CourseError(
            f"{week.folder} has no due date that could be extended. Set one first: "
            f'`nbgrader db assignment add {week.folder} --duedate="2026-03-06 18:00 UTC"`, with your date.'
        )
    submission = _submission(session, assignment, student)
    submission.extension = timedelta(days=days) or None
    return submission.duedate


def _submission(session: Session, assignment: Assignment, student: str) -> SubmittedAssignment:
    submissions = {each.student_id: each for each in assignment.submissions}
    if student in submissions:
        return submissions[student]
    if session.get(Student, student) is None:
        known = f"; it has {', '.join(sorted(submissions))}" if submissions else ""
        raise CourseError(f"The gradebook knows no student {student!r} for {assignment.name}{known}.")
    raise CourseError(
        f"The gradebook has no submission of {student} for {assignment.name}, and nbgrader keeps an "
        "extension with the submission: extend it when it has been graded, and grade again."
    )
