"""Limits what a student's own cells may cost: helpers run, and experiments must not cost an exercise."""

from collections.abc import Sequence

from grader.autograde.merge_answers import NotebookStep
from grader.kernels.messages import StreamTimeout
from grader.sandbox.limits import Limits
from utils.notebook.code import LONGEST, definitions

_SHARE = 0.3
"""Of the notebook's time, for all of a student's own cells together."""
_MAX_LOST = 2
"""Kernels that own cells may end. After that only their definitions run."""


class OwnCells:
    """Counts the time and the kernels that own cells have cost, and decides what of them runs."""

    def __init__(self, steps: Sequence[NotebookStep], limits: Limits):
        self._steps = steps
        self._left = _SHARE * limits.notebook_seconds
        self._lost = 0
        self._left_out = False
        self._definitions: dict[int, tuple[str, ...]] = {}
        self._readable = 10 * LONGEST
        self._last_check = max((place for place, step in enumerate(steps) if step.is_check), default=-1)
        self.given_up: set[int] = set()
        """Indices of cells of which not even the definitions run."""

    def spend(self, seconds: float) -> None:
        """Counts time, in seconds, that own cells took."""
        self._left -= seconds

    def left(self) -> float:
        """Returns the seconds that they may still take.

        Raises:
            StreamTimeout: none are left.
        """
        if self._left_out:
            return float("inf")  # only definitions run now
        if self._left <= 0:
            raise StreamTimeout
        return self._left

    def count(self, place: int) -> None:
        """Counts a lost kernel, if it was an own cell that ended it."""
        self._lost += self._steps[place].is_own

    def cost_too_much(self) -> bool:
        """Returns whether own cells have cost so much that they are to be left out."""
        return not self._left_out and (self._lost > _MAX_LOST or (self._left <= 0 and self.remain()))

    def remain(self) -> bool:
        """Returns whether there are own cells that run."""
        return not self._left_out and any(step.is_own and step.is_run for step in self._steps)

    def leave_out(self) -> list[int]:
        """Leaves out all but the definitions of own cells; returns their indices."""
        self._left_out = True
        return [place for place, step in enumerate(self._steps) if step.is_own and step.is_run]

    def is_left_out(self, place: int) -> bool:
        """Returns whether the cell at that index is an own cell that is left out."""
        return self._left_out and self._steps[place].is_own

    def is_after_last_check(self, place: int) -> bool:
        """Returns whether it is an own cell below the last check, which no check needs."""
        return self._steps[place].is_own and place > self._last_check

    def definitions_of(self, place: int) -> tuple[str, ...]:
        """Returns what the cell defines, piece by piece; nothing for a cell that is not the student's."""
        step = self._steps[place]
        if step.is_check or not step.is_students:
            return ()
        if place not in self._definitions:
            self._readable -= sum(map(len, step.pieces))
            found = map(definitions, step.pieces) if self._readable >= 0 else ()
            self._definitions[place] = tuple(each for each in found if each)
        return self._definitions[place]
