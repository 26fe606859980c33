"""A class run that kills itself, as kill -9 does, after so many events. Other processes import this."""

import os
import signal
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import Engine, event

from grader.class_run import run
from grader.class_run.listener import ProgressListener
from grader.class_run.options import ClassRunOptions
from grader.class_run.run import grade_class

from .small_class import WEEK, here

EVENTS = ("before_cursor_execute", "after_cursor_execute", "begin", "commit")
"""What SQLAlchemy tells of: every statement and every end of a transaction."""


class Moments(ProgressListener):
    """Counts everything that happens, and ends the process at the one that is asked for."""

    def __init__(self, deadly: int):
        self.count, self._deadly = 0, deadly
        for name in EVENTS:
            event.listen(Engine, name, self._happened)

    def _happened(self, *_) -> None:
        self.count += 1
        if self.count == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def step(self, name):
        self._happened()

    def finished(self, student, failure):
        self._happened()


def grade_until(root: Path, deadly: int, count: Path) -> None:
    """Grades the class in `root`; dies at that event, or writes down how many there were."""
    run.processes = here
    moments = Moments(deadly)
    grade_class(root, ClassRunOptions(WEEK), moments)
    count.write_text(str(moments.count))


def in_a_process(root: Path, deadly: int, count: Path) -> int:
    """The same in a process of its own; returns its exit code, which is -9 for one that was killed."""
    # A server that has imported everything and runs one thread forks each: sound, and no import to wait for.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=grade_until, args=(root, deadly, count))
    process.start()
    process.join()
    return process.exitcode
