"""How much memory a program's processes hold together, at most, while it runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

_EVERY_S = 0.25


@dataclass
class Peak:
    """The largest sum seen so far, in bytes."""

    held: int = 0


@contextmanager
def peak_below(pid: int) -> Iterator[Peak]:
    """Watches all that a process starts, and what these start; the process itself does not count.

    Proportional set sizes are added: a page that n processes share counts as 1/n of a page in each, so that
    the sum is what the machine must have.
    """
    peak, over = Peak(), threading.Event()
    watcher = threading.Thread(target=_look, args=(pid, peak, over), daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _look(pid: int, peak: Peak, over: threading.Event) -> None:
    while not over.wait(_EVERY_S):
        try:
            below = psutil.Process(pid).children(recursive=True)
        except psutil.Error:  # it has just ended
            return
        peak.held = max(peak.held, sum(map(_held, below)))


def _held(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:  # it has just ended
        return 0
