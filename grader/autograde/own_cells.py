"""What a student's own cells may cost: helpers run as they stand; experiments must not cost an exercise."""

from collections.abc import Sequence

from grader.autograde.merge_answers import NotebookStep
from grader.kernels.messages import StreamTimeout
from grader.sandbox.limits import Limits
from utils.notebook.code import LONGEST, definitions

_SHARE = 0.3
"""Of the notebook's time, for all of a student's own cells together."""
_MOST_LOST = 2
"""Own cells that may cost a kernel each. After that none runs, but for what they define."""


class OwnCells:
    """Keeps count of the time and the kernels that own cells have cost, and says what runs of them."""

    def __init__(self, steps: Sequence[NotebookStep], limits: Limits):
        self._steps = steps
        self._left = _SHARE * limits.notebook_seconds
        self._lost = 0
        self._left_out = False
        self._definitions: dict[int, tuple[str, ...]] = {}
        self._readable = 10 * LONGEST
        self._last_check = max((place for place, step in enumerate(steps) if step.is_check), default=-1)
        self.given_up: set[int] = set()
        """Places of cells of which not even the definitions run."""

    def spend(self, seconds: float) -> None:
        """Counts time that own cells took."""
        self._left -= seconds

    def left(self) -> float:
        """Seconds that they may still take.

        Raises:
            StreamTimeout: none.
        """
        if self._left_out:
            return float("inf")  # these are definitions alone
        if self._left <= 0:
            raise StreamTimeout
        return self._left

    def count(self, place: int) -> None:
        """Counts a kernel that was lost, where it was an own cell that lost it."""
        self._lost += self._steps[place].is_own

    def are_too_many(self) -> bool:
        """Whether own cells have cost so much that it is better to leave them all out."""
        return not self._left_out and (self._lost > _MOST_LOST or (self._left <= 0 and self.are_there()))

    def are_there(self) -> bool:
        """Whether there are own cells that run."""
        return not self._left_out and any(step.is_own and step.is_run for step in self._steps)

    def leave_out(self) -> list[int]:
        """From now on only what they define runs; returns their places."""
        self._left_out = True
        return [place for place, step in enumerate(self._steps) if step.is_own and step.is_run]

    def is_left_out(self, place: int) -> bool:
        """Whether the cell at that place is one that does not run."""
        return self._left_out and self._steps[place].is_own

    def is_behind_all(self, place: int) -> bool:
        """Whether it is a cell of the student's own below the last check, which no check needs."""
        return self._steps[place].is_own and place > self._last_check

    def definitions_of(self, place: int) -> tuple[str, ...]:
        """What the cell defines, piece by piece; nothing for one that is not the student's."""
        step = self._steps[place]
        if step.is_check or not step.is_students:
            return ()
        if place not in self._definitions:
            self._readable -= sum(map(len, step.pieces))
            found = map(definitions, step.pieces) if self._readable >= 0 else ()
            self._definitions[place] = tuple(each for each in found if each)
        return self._definitions[place]
