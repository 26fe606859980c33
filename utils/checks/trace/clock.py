"""The clock of the trace's budget. A measurement on a busy machine may use CPU time instead."""

import time
from collections.abc import Callable

now: Callable[[], float] = time.perf_counter


def use(clock: Callable[[], float]) -> None:
    """Sets the clock for this process."""
    global now
    now = clock
