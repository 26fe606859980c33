"""One process of a submission runs at a time: the others are stopped, and what nobody knows of is ended.

Works in the first process of a process namespace, in which there is no /proc to read. Numbers are given to
processes and threads in order, so a new thread's number is above all that have been given, until they begin
anew at the largest one.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Collection, Iterator

_MOST_PID = 2**22
_MANY = 2**16
"""Numbers looked through above the last known one where it cannot be found out how far they go."""


class Turns:
    """Gives turns to processes that wait."""

    def __init__(self) -> None:
        if os.getpid() != 1:
            raise RuntimeError("Turns signals all processes that it sees: in a namespace of its own alone.")
        self._last = 0
        self._all_stopped = False
        self._running = 0

    def give(self, pid: int, waiting: Collection[int]) -> None:
        """Ends every process but those that are `waiting`, stops them, and lets `pid` go on."""
        if not self._all_stopped or any(True for _ in self._strangers(waiting)):
            _signal(-1, signal.SIGSTOP)  # all at once: what is stopped cannot start anything
            for stranger in self._strangers(waiting):
                _signal(stranger, signal.SIGKILL)
            self._all_stopped = True
        elif self._running:
            _signal(self._running, signal.SIGSTOP)
        self._running = pid if pid in waiting else 0
        if self._running:
            _signal(pid, signal.SIGCONT)

    def _strangers(self, waiting: Collection[int]) -> Iterator[int]:
        known = set(waiting)
        return (pid for pid in range(2, self._end()) if pid not in known and _is_process(pid))

    def _end(self) -> int:
        """A number above those of all processes."""
        numbers: list[int] = []
        thread = threading.Thread(target=lambda: numbers.append(threading.get_native_id()))
        try:
            thread.start()
        except RuntimeError:  # a check has left as many processes as there may be
            return min(self._last + _MANY, _MOST_PID)
        thread.join()
        if self._last > numbers[0]:
            return _MOST_PID
        self._last = numbers[0]
        return self._last


def _is_process(pid: int) -> bool:
    """Whether a process goes by that number; threads other than a process's first one do not count."""
    try:
        os.close(os.pidfd_open(pid))
    except (OSError, AttributeError):  # there is none; or this system cannot say
        return False
    return True


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):  # it has gone
        os.kill(pid, number)
