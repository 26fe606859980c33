"""A queue of results, for the time in which another program has locked the gradebook."""

from collections import deque
from collections.abc import Callable, Generator, Iterator

from grader.gradebook.errors import Locked, NotWritten
from grader.gradebook.writer import PendingWrite

MAX_LOCKED = 3
"""After so many failed tries in a row, the next one is at the end of the run: grading does not wait."""

WriteOutcome = tuple[str, str]
"""A student, and the reason why the result was not written; empty where it was."""


class WriteQueue:
    """Writes results in order; keeps them while the gradebook is locked, and tries again later."""

    def __init__(self, write: Callable[[PendingWrite], None]):
        self._write = write
        self._waiting: deque[PendingWrite] = deque()
        self._times_locked = 0

    def put(self, result: PendingWrite) -> Iterator[WriteOutcome]:
        """Adds a result; yields the outcomes of all that were written or failed."""
        self._waiting.append(result)
        if self._times_locked < MAX_LOCKED:
            yield from self._write_waiting()

    def flush(self) -> Iterator[WriteOutcome]:
        """Tries a last time, then yields results that are still locked out as not written."""
        reason = yield from self._write_waiting()
        while self._waiting:
            yield self._waiting.popleft().student, reason

    def _write_waiting(self) -> Generator[WriteOutcome, None, str]:
        """Writes what waits. Returns the reason why the gradebook is locked; empty where it is not."""
        while self._waiting:
            try:
                self._write(self._waiting[0])
                reason = ""
            except Locked as error:
                self._times_locked += 1
                return str(error)
            except NotWritten as error:
                reason = str(error)
            self._times_locked = 0
            yield self._waiting.popleft().student, reason
        return ""
