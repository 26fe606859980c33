"""Writes one submission's result: one transaction, and the graded notebook with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import nbformat
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from grader.autograde.task import GradedSubmission
from grader.gradebook.database import OpenGradebook
from grader.gradebook.details import Details, details_of
from grader.gradebook.errors import NotWritten
from grader.gradebook.graded_file import GradedFile
from grader.gradebook.nbgrader_rows import write_rows, write_student
from grader.gradebook.penalties import renew_penalty
from grader.gradebook.released_week import ReleasedWeek
from grader.gradebook.tables import GRADED, REFUSED

Step = Callable[[str], None]
"""Is told of each step as it is done: `written beside`, `in the transaction`, `committed`, `in place`."""


@dataclass(frozen=True)
class PendingWrite:
    """A result on its way into the gradebook."""

    student: str
    graded: GradedSubmission
    fingerprint: str
    file: GradedFile
    timestamp: datetime | None
    odd: tuple[str, ...]
    companions: tuple[tuple[str, bytes], ...]
    """What belongs beside the graded notebook: the time of submission, the exchange's secret, pictures."""


class Writer:
    """The one writer of a class run."""

    def __init__(
        self, gradebook: OpenGradebook, released: ReleasedWeek, late: AssignLatePenalties, step: Step
    ):
        self._gradebook, self._released = gradebook, released
        self._late, self._step = late, step

    def write(self, result: PendingWrite) -> None:
        """Writes all of it.

        Raises:
            NotWritten: the disk or the database refused; what was there before is as it was. Where only the
                last step failed, the points are in and the next run puts the file in its place.
        """
        content = _notebook_file(result.graded)
        fingerprint = result.file.write_beside(content)
        self._step("written beside")
        try:
            with self._gradebook.transaction() as session:
                self._rows(session, result, fingerprint)
                self._step("in the transaction")
        except NotWritten:
            result.file.drop()
            raise
        self._step("committed")
        try:
            result.file.finish(result.companions)
        except NotWritten as why:
            raise NotWritten(
                f"its points are in the gradebook, but its graded notebook could not be put in place: {why}"
            ) from why
        self._step("in place")

    def refuse(self, student: str, reason: str, fingerprint: str) -> None:
        """Notes why a submission could not be graded. Its former grade, if it has one, stays.

        Args:
            fingerprint: of the submission, where grading it again would end in the same way; else empty.

        Raises:
            NotWritten: the database refused.
        """
        with self._gradebook.transaction() as session:
            write_student(session, student)  # nbgrader's export lists whom the gradebook knows
            reason = reason.replace("\0", "�")
            self._replace(session, REFUSED, student, fingerprint=fingerprint, reason=reason)

    def forgive(self, student: str) -> None:
        """Forgets why a submission could not be graded: what is there now has a grade.

        Raises:
            NotWritten: the database refused.
        """
        with self._gradebook.transaction() as session:
            self._remove(session, REFUSED, student)

    def renew_penalty(self, student: str) -> None:
        """Makes the penalty for lateness anew, of the points that the gradebook has now.

        Raises:
            NotWritten: the database refused.
        """
        with self._gradebook.transaction() as session:
            renew_penalty(session, self._released.week, student, self._late)

    def _rows(self, session: Session, result: PendingWrite, file: str) -> None:
        unanswered = self._released.unanswered(result.graded.notebook)
        week, ledger = self._released.week, result.graded.ledger
        write_rows(session, week, result.student, result.timestamp, ledger, unanswered, self._late)
        details = details_of(result.graded, result.odd)
        self._keep(session, result, file, details)

    def _keep(self, session: Session, result: PendingWrite, file: str, details: Details) -> None:
        self._replace(
            session,
            GRADED,
            result.student,
            fingerprint=result.fingerprint,
            file=file,
            details=details.to_json(),
        )
        self._remove(session, REFUSED, result.student)

    def _replace(self, session: Session, table: Table, student: str, **values: str) -> None:
        self._remove(session, table, student)
        week = self._released.week.folder
        session.execute(insert(table).values(assignment=week, student=student, **values))

    def _remove(self, session: Session, table: Table, student: str) -> None:
        week = self._released.week.folder
        session.execute(delete(table).where(table.c.assignment == week, table.c.student == student))


def _notebook_file(graded: GradedSubmission) -> bytes:
    notebook = nbformat.from_dict(graded.notebook)
    return (nbformat.writes(notebook) + "\n").encode(errors="replace")
