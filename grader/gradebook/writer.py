"""Writes a submission's result: the points in one transaction, and the graded notebook."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import nbformat
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from grader.autograde.task import GradedSubmission
from grader.gradebook.database import OpenGradebook
from grader.gradebook.details import details_of
from grader.gradebook.errors import NotWritten
from grader.gradebook.graded_file import GradedFile
from grader.gradebook.nbgrader_rows import write_rows, write_student
from grader.gradebook.penalties import renew_penalty
from grader.gradebook.released_week import ReleasedWeek
from grader.gradebook.tables import GRADED, REFUSED

Step = Callable[[str], None]
"""Called after each step of writing, with its name: `written beside`, `in the transaction`, `committed` or
`in place`."""


@dataclass(frozen=True)
class PendingWrite:
    """A result to write into the gradebook."""

    student: str
    graded: GradedSubmission
    fingerprint: str
    file: GradedFile
    timestamp: datetime | None
    odd: tuple[str, ...]
    companions: tuple[tuple[str, bytes], ...]
    """Name and content of the files beside the graded notebook: timestamp.txt, the exchange's secret,
    pictures."""


class Writer:
    """Writes the results of a class run."""

    def __init__(
        self, gradebook: OpenGradebook, released: ReleasedWeek, late_policy: AssignLatePenalties, step: Step
    ):
        self._gradebook, self._released = gradebook, released
        self._late_policy, self._step = late_policy, step

    def write(self, result: PendingWrite) -> None:
        """Writes the points, the details and the graded notebook of a result.

        Raises:
            NotWritten: the disk or the database refused. Nothing has changed, unless only the last step
                failed: then the points are in the gradebook, and the next run publishes the file.
        """
        content = _notebook_file(result.graded)
        file_digest = result.file.stage(content)
        self._step("written beside")
        try:
            with self._gradebook.transaction() as session:
                self._write_rows(session, result, file_digest)
                self._step("in the transaction")
        except NotWritten:
            result.file.discard()
            raise
        self._step("committed")
        try:
            result.file.publish(result.companions)
        except NotWritten as error:
            raise NotWritten(
                f"its points are in the gradebook, but its graded notebook could not be put in place: {error}"
            ) from error
        self._step("in place")

    def record_refusal(self, student: str, reason: str, fingerprint: str) -> None:
        """Records why a submission could not be graded. A former grade stays.

        Args:
            student: the student.
            reason: the reason, as the end of a sentence.
            fingerprint: the submission's, where grading it again would have the same outcome; else empty.

        Raises:
            NotWritten: the database refused.
        """
        with self._gradebook.transaction() as session:
            write_student(session, student)  # nbgrader's export lists the gradebook's students
            reason = reason.replace("\0", "�")  # PostgreSQL's text has no NUL
            self._replace(session, REFUSED, student, fingerprint=fingerprint, reason=reason)

    def clear_refusal(self, student: str) -> None:
        """Removes the record that a submission could not be graded.

        Raises:
            NotWritten: the database refused.
        """
        with self._gradebook.transaction() as session:
            self._remove(session, REFUSED, student)

    def renew_penalty(self, student: str) -> None:
        """Recalculates the penalty for lateness from the points that the gradebook has now.

        Raises:
            NotWritten: the database refused.
        """
        with self._gradebook.transaction() as session:
            renew_penalty(session, self._released.week, student, self._late_policy)

    def _write_rows(self, session: Session, result: PendingWrite, file_digest: str) -> None:
        notebook = result.graded.notebook
        assert notebook is not None, "only a submission without a problem is written"
        unanswered = self._released.unanswered(notebook)
        week, ledger = self._released.week, result.graded.ledger
        write_rows(session, week, result.student, result.timestamp, ledger, unanswered, self._late_policy)
        self._replace(
            session,
            GRADED,
            result.student,
            fingerprint=result.fingerprint,
            file=file_digest,
            details=details_of(result.graded, result.odd).to_json(),
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
