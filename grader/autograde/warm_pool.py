"""The warm pool: check sessions, and a fork server for each kind of week, kept between submissions."""

from collections import OrderedDict
from dataclasses import replace

from grader.autograde.check_session import CheckSessions
from grader.autograde.source import SourceNotebook
from grader.kernels.errors import GraderError
from grader.kernels.fork_server_client import ForkServer
from grader.sandbox.limits import Limits
from grader.sandbox.view import student_view
from utils.answers.judge import UnknownCheck

_MAX_SERVERS = 2
"""Fork servers that are kept: one takes about 250 MB, most of it not shared with another process."""


_Key = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], Limits]
"""The packages that are absent, the modules to import, those that the notebook needs, and the limits."""


class WarmPool:
    """One process's check sessions and fork servers. Use it from one thread at a time."""

    def __init__(self) -> None:
        self._sessions: CheckSessions | None = None
        self._servers: OrderedDict[_Key, ForkServer] = OrderedDict()
        self._reserved: dict[int, ForkServer] = {}

    def sessions(self, source: SourceNotebook) -> CheckSessions:
        """Returns the check sessions, with the week's answer keys loaded."""
        if self._sessions is None:
            self._sessions = CheckSessions()
        try:
            self._sessions.prepare(source.checks)
        except UnknownCheck as unknown:
            raise GraderError(f"{source.week} asks for a check that has no answer key: {unknown}") from None
        return self._sessions

    def server(self, source: SourceNotebook, limits: Limits) -> ForkServer:
        """Returns a fork server for the week; one that was just started may not be ready yet."""
        key = self._key(source, limits)
        if key in self._servers and not self._servers[key].alive():
            self._servers.pop(key).close()
        if key not in self._servers:
            while len(self._servers) >= _MAX_SERVERS:
                self._servers.popitem(last=False)[1].close()
            self._servers[key] = _start_server(source, limits)
        self._servers.move_to_end(key)
        return self._servers[key]

    def reserve(self, source: SourceNotebook, limits: Limits, number: int) -> None:
        """Starts a fork server for each of `number` processes that will be forked from this one."""
        self._reserved = {place: _start_server(source, limits) for place in range(number)}

    def inherit(self, source: SourceNotebook, limits: Limits, place: int) -> None:
        """Takes over the fork server at that place, in a forked process; starts one if there is none."""
        mine = self._reserved.pop(place, None)
        while self._reserved:
            self._reserved.popitem()[1].leave()
        if mine:
            self._servers[self._key(source, limits)] = mine
        else:
            self.server(source, limits)

    def give_away(self, place: int) -> None:
        """Leaves the fork server at that place to the forked process that has inherited it."""
        if place in self._reserved:
            self._reserved.pop(place).leave()

    def discard(self, source: SourceNotebook, limits: Limits) -> None:
        """Ends the week's fork server, and with it everything that a submission may have left."""
        server = self._servers.pop(self._key(source, limits), None)
        if server is not None:
            server.close()

    def close(self) -> None:
        """Ends all fork servers."""
        while self._servers:
            self._servers.popitem()[1].close()
        while self._reserved:
            self._reserved.popitem()[1].close()

    def _key(self, source: SourceNotebook, limits: Limits) -> _Key:
        # The fork server needs no limits of time: submissions that differ only in those share it.
        of_space = replace(limits, cell_seconds=0, check_seconds=0, notebook_seconds=0)
        return source.absent(), source.preload(), source.needs(), of_space


def _start_server(source: SourceNotebook, limits: Limits) -> ForkServer:
    return ForkServer(student_view(source.absent(), source.needs()), source.preload(), limits)
