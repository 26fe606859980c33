"""Results that wait for a gradebook that another program has locked."""

from collections import deque
from collections.abc import Callable, Iterator

from grader.gradebook.errors import Locked, NotWritten
from grader.gradebook.writer import PendingWrite

PATIENCE = 3
"""After so many vain waits in a row the rest waits for the end of the run: grading need not stand still."""

Settled = tuple[str, str]
"""A student, and why the result could not be written; empty where it was."""


class WriteQueue:
    """Writes results in order. While the gradebook is locked it keeps them, and tries again later."""

    def __init__(self, write: Callable[[PendingWrite], None]):
        self._write = write
        self._held: deque[PendingWrite] = deque()
        self._vain = 0

    def take(self, result: PendingWrite) -> Iterator[Settled]:
        """Takes a result; says what was settled with it."""
        self._held.append(result)
        if self._vain < PATIENCE:
            yield from self._try()

    def end(self) -> Iterator[Settled]:
        """Tries a last time; what is still locked out then is settled as not written."""
        reason = yield from self._try()
        while self._held:
            yield self._held.popleft().student, reason

    def _try(self) -> Iterator[Settled]:
        while self._held:
            try:
                self._write(self._held[0])
                reason = ""
            except Locked as why:
                self._vain += 1
                return str(why)
            except NotWritten as why:
                reason = str(why)
            self._vain = 0
            yield self._held.popleft().student, reason
        return ""
