"""How much memory a process and its children hold together, at most, while something runs."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

_EVERY_S = 0.5


@dataclass
class Peak:
    """The largest sum seen so far of each worker's proportional set sizes, in bytes."""

    by_worker: dict[int, int] = field(default_factory=dict)

    @property
    def largest(self) -> int:
        """Of the worker that held most."""
        return max(self.by_worker.values(), default=0)


@contextmanager
def peak_of_workers() -> Iterator[Peak]:
    """Watches this process's own Python children, Dask's workers among them, with all that they start.

    The proportional set size counts a page that n processes share as 1/n of a page in each, so that the sum
    over a tree is what the machine must have for it.
    """
    peak, over = Peak(), threading.Event()
    watcher = threading.Thread(target=_look, args=(peak, over), daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _look(peak: Peak, over: threading.Event) -> None:
    while not over.wait(_EVERY_S):
        for child in _children(psutil.Process(os.getpid())):
            held = _held(child) + sum(map(_held, _children(child, recursive=True)))
            peak.by_worker[child.pid] = max(held, peak.by_worker.get(child.pid, 0))


def _children(process: psutil.Process, recursive: bool = False) -> list[psutil.Process]:
    try:
        return process.children(recursive=recursive)
    except psutil.Error:
        return []


def _held(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:  # it has just ended
        return 0
