"""Lets one process of a submission run at a time: others are stopped, and unexpected ones are ended.

It works in process 1 of a process namespace, in which there is no /proc to read. Linux gives numbers to
processes and threads in ascending order, so a new thread's number is above all others, until the numbers wrap
around at the largest one.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Collection, Iterator

_MAX_PID = 2**22
_SEARCHED = 2**16
"""Numbers looked through above the last known one, where the highest one in use cannot be found out."""


class Turns:
    """Gives turns to processes that wait."""

    def __init__(self) -> None:
        if os.getpid() != 1:
            raise RuntimeError("Turns signals all processes that it sees: in a namespace of its own alone.")
        self._last = 0
        self._all_stopped = False
        self._running = 0

    def give(self, pid: int, waiting: Collection[int]) -> None:
        """Ends every process that is not `waiting`, stops all that are, and lets `pid` continue."""
        if not self._all_stopped or any(True for _ in self._unexpected(waiting)):
            _signal(-1, signal.SIGSTOP)  # all at once, since a stopped process cannot start others
            for other in self._unexpected(waiting):
                _signal(other, signal.SIGKILL)
            self._all_stopped = True
        elif self._running:
            _signal(self._running, signal.SIGSTOP)
        self._running = pid if pid in waiting else 0
        if self._running:
            _signal(pid, signal.SIGCONT)

    def _unexpected(self, waiting: Collection[int]) -> Iterator[int]:
        """Returns the numbers of the processes that are not `waiting`."""
        known = set(waiting)
        return (pid for pid in range(2, self._end()) if pid not in known and _is_process(pid))

    def _end(self) -> int:
        """Returns a number above those of all processes."""
        numbers: list[int] = []
        thread = threading.Thread(target=lambda: numbers.append(threading.get_native_id()))
        try:
            thread.start()
        except RuntimeError:  # the check before has used up the limit of processes
            return min(self._last + _SEARCHED, _MAX_PID)
        thread.join()
        if self._last > numbers[0]:
            return _MAX_PID
        self._last = numbers[0]
        return self._last


def _is_process(pid: int) -> bool:
    """Returns whether a process has that number; threads other than a process's first one do not count."""
    try:
        os.close(os.pidfd_open(pid))
    except (OSError, AttributeError):  # there is none, or this system has no pidfd
        return False
    return True


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):  # it has ended
        os.kill(pid, number)
