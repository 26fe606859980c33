"""What stays warm between submissions: the judge's bench, and a parent of kernels for each kind of week."""

from collections import OrderedDict
from dataclasses import replace

from grader.autograde.check_session import CheckSessions
from grader.autograde.source import SourceNotebook
from grader.kernels.errors import GraderError
from grader.kernels.fork_server_client import ForkServer
from grader.sandbox.limits import Limits
from grader.sandbox.view import student_view
from utils.answers.judge import UnknownCheck

_MOST_PARENTS = 2
"""Parents that are kept: one takes about 250 MB, of which most is shared with nobody."""


class WarmPool:
    """One process's warm things. Use it from one thread at a time."""

    def __init__(self) -> None:
        self._bench: CheckSessions | None = None
        self._parents: OrderedDict[tuple, ForkServer] = OrderedDict()
        self._reserve: dict[int, ForkServer] = {}

    def bench(self, source: SourceNotebook) -> CheckSessions:
        """The judge's bench, with the week's answer keys."""
        if self._bench is None:
            self._bench = CheckSessions()
        try:
            self._bench.prepare(source.checks)
        except UnknownCheck as unknown:
            raise GraderError(f"{source.week} asks for a check that has no answer key: {unknown}") from None
        return self._bench

    def parent(self, source: SourceNotebook, limits: Limits) -> ForkServer:
        """A warm parent for the week. One that was just started gets ready while the caller goes on."""
        key = self._key(source, limits)
        if key in self._parents and not self._parents[key].alive():
            self._parents.pop(key).close()
        if key not in self._parents:
            while len(self._parents) >= _MOST_PARENTS:
                self._parents.popitem(last=False)[1].close()
            self._parents[key] = _new_parent(source, limits)
        self._parents.move_to_end(key)
        return self._parents[key]

    def reserve(self, source: SourceNotebook, limits: Limits, number: int) -> None:
        """Starts a parent for each of so many processes that will be forked from this one."""
        self._reserve = {place: _new_parent(source, limits) for place in range(number)}

    def inherit(self, source: SourceNotebook, limits: Limits, place: int) -> None:
        """In a process that was forked: takes the parent at that place, if it is still to be had."""
        mine = self._reserve.pop(place, None)
        while self._reserve:
            self._reserve.popitem()[1].leave()
        if mine:
            self._parents[self._key(source, limits)] = mine
        else:
            self.parent(source, limits)

    def give_away(self, place: int) -> None:
        """In the process that forks: the parent at that place has been inherited."""
        if place in self._reserve:
            self._reserve.pop(place).leave()

    def discard(self, source: SourceNotebook, limits: Limits) -> None:
        """Ends the week's parent, and with it everything that a submission may have left."""
        parent = self._parents.pop(self._key(source, limits), None)
        if parent is not None:
            parent.close()

    def close(self) -> None:
        """Ends all parents."""
        while self._parents:
            self._parents.popitem()[1].close()
        while self._reserve:
            self._reserve.popitem()[1].close()

    def _key(self, source: SourceNotebook, limits: Limits) -> tuple:
        # Limits of time are the caller's own business: the parent needs those of space.
        of_space = replace(limits, cell_seconds=0, check_seconds=0, notebook_seconds=0)
        return source.absent(), source.preload(), source.needs(), of_space


def _new_parent(source: SourceNotebook, limits: Limits) -> ForkServer:
    return ForkServer(student_view(source.absent(), source.needs()), source.preload(), limits)
