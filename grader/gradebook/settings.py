"""The settings of class runs in nbgrader_config.py: `c.ClassRun`."""

import os

from traitlets import Float, Integer, Unicode
from traitlets.config import Configurable


class ClassRun(Configurable):
    """The settings of class runs on this machine."""

    workers = Integer(
        0, min=0, help="Processes that grade, one submission each; 0 takes one for each processor core."
    ).tag(config=True)
    scheduler = Unicode(
        "", help="Address of a Dask scheduler, tcp://… or tls://…; empty starts processes on this machine."
    ).tag(config=True)
    executor = Unicode(
        "grader.autograde.grade:grade_submission",
        help="What grades one submission, as module:function; the workers import it.",
    ).tag(config=True)
    database_wait = Float(
        15.0, min=0, help="Seconds to wait for a gradebook that another program has locked."
    ).tag(config=True)
    worker_wait = Float(60.0, min=0, help="Seconds to wait for a worker when a scheduler has none left.").tag(
        config=True
    )
    tries = Integer(2, min=1, help="How many workers may die over a submission before it is given up.").tag(
        config=True
    )

    def processes(self, wanted: int, submissions: int) -> int:
        """Return the number of processes to start: as wanted or configured, at most one per submission."""
        return max(1, min(wanted or self.workers or _cores(), submissions))


def _cores() -> int:
    """Return the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
