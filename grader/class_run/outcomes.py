"""The outcomes of a class run: written to the gradebook, reported to the listener and kept for the result."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from grader.class_run.listener import ProgressListener
from grader.gradebook.errors import NotWritten
from grader.gradebook.write_queue import WriteOutcome, WriteQueue
from grader.gradebook.writer import PendingWrite, Writer


@dataclass
class Outcomes:
    """The outcome of each submission so far."""

    writer: Writer
    listener: ProgressListener
    graded: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._queue = WriteQueue(self.writer.write)

    def keep(self, student: str, was_refused: bool) -> None:
        """Records that a student's grade is up to date.

        Args:
            was_refused: whether the gradebook has a refusal for the student. It is of another submission, as
                the one that is there has a grade, and is removed.
        """
        self.kept.append(student)
        if was_refused:
            with suppress(NotWritten):
                self.writer.clear_refusal(student)

    def refuse(self, student: str, reason: str, fingerprint: str = "") -> None:
        """Records why a submission cannot be graded; see `Writer.record_refusal` for the fingerprint."""
        self.failures[student] = reason
        # Where it cannot be written (a folder's name need not be valid text), the final table still shows it.
        with suppress(NotWritten, UnicodeEncodeError):
            self.writer.record_refusal(student, reason, fingerprint)

    def fail(self, student: str, reason: str, fingerprint: str = "") -> None:
        """Records why a submission could not be graded, and reports it as finished."""
        self.refuse(student, reason, fingerprint)
        self.listener.finished(student, reason)

    def write(self, result: PendingWrite) -> None:
        """Writes a result, now or once the gradebook is no longer locked."""
        self._finish(self._queue.put(result))

    def flush(self) -> None:
        """Writes the results that still wait; those that cannot be written become failures."""
        self._finish(self._queue.flush())

    def _finish(self, outcomes: Iterator[WriteOutcome]) -> None:
        for student, failure in outcomes:
            if failure:
                self.failures[student] = failure
            else:
                self.graded.append(student)
            self.listener.finished(student, failure)
