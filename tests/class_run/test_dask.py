"""Real workers: processes of our own, and a scheduler's on loopback; workers and schedulers that die."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader.class_run.listener import ProgressListener
from utils.errors import CourseError

from .dask_cluster import Cluster, dask_cluster
from .small_class import HALF, PERFECT, WEEK, SmallClass, environment

pytestmark = pytest.mark.slow

CLASS = {"ada": PERFECT, "eve": HALF, "kim": {}, "leo": PERFECT, "mia": HALF}
POINTS = {"ada": 107, "eve": 60, "kim": 0, "leo": 107, "mia": 60}


@pytest.fixture
def handed_in(small: SmallClass) -> SmallClass:
    for student, answers in CLASS.items():
        small.hand_in(student, answers)
    return small


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers, started where nothing of the course lies."""
    with dask_cluster(tmp_path_factory.mktemp("elsewhere"), workers=2) as cluster:
        yield cluster


def test_processes_of_our_own_grade_a_class_and_a_killed_one_costs_nobody_a_grade(handed_in, tmp_path):
    handed_in.hand_in("once", {"length": f"kills one worker {tmp_path / 'killed'}", **HALF})
    handed_in.hand_in("always", {"length": "kills its worker"})
    handed_in.hand_in("defect", {"length": "ends the grader"})
    outcome = handed_in.grade(workers=2)
    assert handed_in.points() == {**POINTS, "once": 60}
    assert set(outcome.failures) == {"always", "defect"}
    assert outcome.failures["always"] == (
        "2 workers died over it: look at its code, and at the machine's memory."
    )


def test_a_scheduler_with_two_workers_shares_no_folder_with_us(handed_in, cluster):
    outcome = handed_in.grade(scheduler=cluster.address)
    assert handed_in.points() == POINTS
    assert outcome.failures == {}
    assert handed_in.grade(scheduler=cluster.address).graded == ()


def test_the_configuration_may_name_the_scheduler(handed_in, cluster):
    handed_in.configure(f"c.ClassRun.scheduler = {cluster.address!r}")
    assert len(handed_in.grade().graded) == len(CLASS)


def test_a_scheduler_that_disappears_leaves_what_was_graded(handed_in, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    handed_in.hand_in("zoe", {"length": f"waits for {gate}"})
    with dask_cluster(tmp_path, workers=1) as cluster:
        outcome = handed_in.grade(EndsScheduler(cluster, after=3), scheduler=cluster.address)
        release(gate)
    assert len(outcome.graded) >= 3
    assert outcome.failures["zoe"] == (
        f"the scheduler at {cluster.address} went away before it was graded: start it and call "
        "`course grade` again."
    )
    assert set(outcome.graded) | set(outcome.failures) == {*CLASS, "zoe"}
    assert handed_in.points() == {student: POINTS[student] for student in outcome.graded}


def test_a_scheduler_that_is_not_there_is_said(handed_in):
    handed_in.configure("c.ClassRun.worker_wait = 1.0")
    with pytest.raises(CourseError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 "):
        handed_in.grade(scheduler="tcp://127.0.0.1:9")
    with pytest.raises(CourseError, match=r"No Dask scheduler answers at nonsense://"):
        handed_in.grade(scheduler="nonsense://")


def test_a_scheduler_without_workers_is_said(handed_in, tmp_path):
    with (
        dask_cluster(tmp_path, workers=0) as cluster,
        pytest.raises(CourseError, match=r"has no workers\. Start some .* dask worker tcp://"),
    ):
        handed_in.grade(scheduler=cluster.address)


def test_workers_that_are_all_gone_are_said(handed_in, tmp_path):
    handed_in.configure("c.ClassRun.worker_wait = 1.0")
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    handed_in.hand_in("zoe", {"length": f"waits for {gate}"})
    with dask_cluster(tmp_path, workers=1) as cluster:
        watch = EndsScheduler(cluster, after=len(CLASS))
        watch.end_it = lambda: [worker.terminate() for worker in cluster.workers]
        outcome = handed_in.grade(watch, scheduler=cluster.address)
    release(gate)
    assert handed_in.points() == POINTS
    assert "had no worker left" in outcome.failures["zoe"]


def test_a_run_that_is_killed_leaves_the_scheduler_to_the_next(handed_in, cluster):
    code = KILLED.format(address=cluster.address)
    killed = subprocess.run(
        [sys.executable, "-c", code, str(handed_in.root), WEEK.folder],
        cwd=handed_in.root,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    kept = handed_in.points()
    assert len(kept) == 2
    outcome = handed_in.grade(scheduler=cluster.address)
    assert set(outcome.kept) == set(kept)
    assert handed_in.points() == POINTS


KILLED = """
import os, signal, sys
from pathlib import Path
from grader.class_run.options import ClassRunOptions
from grader.class_run.listener import ProgressListener
from grader.class_run.run import grade_class
from utils.weeks import find_week

class Dying(ProgressListener):
    done = 0
    def finished(self, student, failure):
        Dying.done += 1
        if Dying.done == 2:
            os.kill(os.getpid(), signal.SIGKILL)

grade_class(Path(sys.argv[1]), ClassRunOptions(find_week(sys.argv[2]), scheduler="{address}"), Dying())
"""


def test_ctrl_c_stops_and_the_next_call_goes_on(handed_in, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    handed_in.hand_in("zoe", {"length": f"waits for {gate}"})
    stopped = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(handed_in.root), WEEK.folder],
        cwd=handed_in.root,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert stopped.returncode == 130, stopped.stdout + stopped.stderr
    assert "Stopped. What was graded is kept; the same command goes on with the rest." in stopped.stdout
    assert "Traceback" not in stopped.stdout + stopped.stderr
    kept = handed_in.points()
    assert len(kept) >= 2
    handed_in.hand_in("zoe", HALF)
    outcome = handed_in.grade(workers=1)
    assert set(outcome.kept) == set(kept)
    assert handed_in.points() == {**POINTS, "zoe": 60}


INTERRUPTED = """
import os, signal, sys
from grader.class_run import progress
from grader.command_line import grade
from grader.class_run.options import ClassRunOptions
from utils.weeks import find_week

class Interrupting(progress.ProgressDisplay):
    done = 0
    def finished(self, student, failure):
        super().finished(student, failure)
        Interrupting.done += 1
        if Interrupting.done == 2:
            # As a terminal does it: to the whole group, workers and all.
            os.killpg(0, signal.SIGINT)

if __name__ == "__main__":
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # Shells let background jobs ignore it.
    grade.ProgressDisplay = Interrupting
    try:
        grade.run(ClassRunOptions(find_week(sys.argv[2]), workers=1))
    except Exception as error:
        sys.exit(getattr(error, "exit_code", 1))
"""


class EndsScheduler(ProgressListener):
    """Ends a cluster's scheduler after so many submissions."""

    def __init__(self, cluster: Cluster, after: int):
        self._left, self.end_it = after, cluster.end_scheduler

    def finished(self, student, failure):
        self._left -= 1
        if self._left == 0:
            self.end_it()


def release(gate: Path) -> None:
    """Lets a process that waits at the named pipe go on, if there is one."""

    def write() -> None:
        descriptor = os.open(gate, os.O_RDWR)  # which never waits for a reader
        os.write(descriptor, b"go")
        os.close(descriptor)

    threading.Thread(target=write, daemon=True).start()
