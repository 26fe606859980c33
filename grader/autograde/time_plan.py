"""Divides the time of one notebook between its cells, a second run without own cells, and its checks.

A notebook holds a worker for at most `notebook_seconds` and the judge's last comparison. Every right notebook
of the course takes less than a twentieth of that.
"""

from grader.kernels.messages import Deadline, StreamTimeout
from grader.sandbox.limits import Limits

_CELLS = 0.5
"""Of the notebook's time, for its cells."""
_WITHOUT_OWN = 0.15
"""For all cells but the student's own, where those have used up the cells' time or their kernels."""
_MAX_LATE = 2
"""Checks that may use up their whole time each."""
AFTER_LATE_SECONDS = 5.0
"""For each further check. The slowest check of a right notebook takes one second."""


class TimePlan:
    """The deadlines of one notebook. Its time begins when the plan is made."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._check_seconds = min(limits.check_seconds, limits.cell_seconds)
        self._late = 0
        self.whole = Deadline(limits.notebook_seconds)
        """For everything: cells, checks and the judge's own work."""
        self.cells_seconds = _CELLS * limits.notebook_seconds

    def cells(self) -> Deadline:
        """Returns the deadline of all cells, which begin now."""
        return Deadline(min(self.cells_seconds, self._left()))

    def cells_without_own(self) -> Deadline:
        """Returns the deadline of all cells but the student's own, which begin now."""
        return Deadline(min(_WITHOUT_OWN * self._limits.notebook_seconds, self._left()))

    def check_seconds(self) -> float:
        """Returns the seconds that a check may take, with its public and its hidden cases."""
        seconds = self._check_seconds
        return seconds if self._late < _MAX_LATE else min(seconds, AFTER_LATE_SECONDS)

    def check(self, seconds: float) -> Deadline:
        """Returns the deadline for the turn of a check that has these seconds left.

        Raises:
            StreamTimeout: the notebook's time is over.
        """
        return Deadline(min(seconds, self.whole.left()))

    def note_late(self, seconds: float) -> str:
        """Counts a check that took longer than its seconds; returns the reason in a few words."""
        self._late += 1
        if not self.whole.is_left():
            return f"the notebook's {self._limits.notebook_seconds:g} s were over"
        if seconds < self._check_seconds:
            return f"it ran longer than the {seconds:g} s of a check after {_MAX_LATE} that took too long"
        return f"it ran longer than {seconds:g} s"

    def _left(self) -> float:
        try:
            return self.whole.left()
        except StreamTimeout:
            return 0.0
