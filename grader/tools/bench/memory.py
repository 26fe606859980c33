"""Measures the peak memory of a process's descendants."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

_INTERVAL_S = 0.25


@dataclass
class Peak:
    """The largest sum observed so far."""

    bytes: int = 0


@contextmanager
def peak_below(pid: int) -> Iterator[Peak]:
    """Measures the memory of all descendants of a process, without the process itself.

    It adds their proportional set sizes: a page shared by n processes counts as 1/n of a page in each, so
    that the sum is the memory that the machine needs.
    """
    peak, done = Peak(), threading.Event()
    sampler = threading.Thread(target=_sample, args=(pid, peak, done), daemon=True)
    sampler.start()
    try:
        yield peak
    finally:
        done.set()
        sampler.join()


def _sample(pid: int, peak: Peak, done: threading.Event) -> None:
    while not done.wait(_INTERVAL_S):
        try:
            descendants = psutil.Process(pid).children(recursive=True)
        except psutil.Error:  # the process has just ended
            return
        peak.bytes = max(peak.bytes, sum(map(_proportional_set_size, descendants)))


def _proportional_set_size(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:  # the process has just ended
        return 0
