"""The process that workers are forked from: what it says when it cannot, and that nothing of it stays."""

from contextlib import closing

import psutil
import pytest
from patience import PATIENCE_S

from grader.class_run.worker_server import WorkerServer
from grader.class_run.workers import processes
from utils.errors import CourseError

pytestmark = pytest.mark.slow


def test_that_it_cannot_import_is_said():
    with (
        pytest.raises(CourseError, match=r"do not start: ModuleNotFoundError: No module named 'not_there'"),
        processes(1, tries=1, task=b"{}", server=WorkerServer(("not_there",))),
    ):
        pytest.fail("there can be no workers")


def test_a_system_that_cannot_fork_is_said(monkeypatch):
    monkeypatch.delattr("os.fork")
    with pytest.raises(CourseError, match="which this system cannot: grade on Linux, or in WSL 2"):
        WorkerServer()


def test_one_that_is_not_needed_ends():
    server = WorkerServer()
    with closing(server):
        process = psutil.Process(server._process.pid)
    assert not process.is_running()


def test_as_many_workers_as_asked_for_which_end_with_the_block():
    server = WorkerServer()
    with processes(3, tries=1, task=b"{}", server=server) as workers:
        forked = psutil.Process(server._process.pid).children()
        assert len(forked) == 3
        assert sorted(workers._client.run(_process).values()) == sorted(each.pid for each in forked)
    assert psutil.wait_procs(forked, timeout=PATIENCE_S)[1] == []


def _process() -> int:
    import os

    return os.getpid()
