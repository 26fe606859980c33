"""A fork server that a forked process takes over: it works there, and ends with it."""

import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from patience import PATIENCE_S

from grader.kernels.fork_server_client import ForkServer
from grader.kernels.messages import Deadline
from grader.sandbox.limits import Limits
from grader.sandbox.view import student_view

pytestmark = pytest.mark.slow


@pytest.fixture
def parent() -> ForkServer:
    return ForkServer(student_view(), ("math",), Limits())


def in_a_fork(parent: ForkServer, use: Callable[[], str]) -> str:
    """What `use` returns in a forked process, to which this one leaves the fork server."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writing, use().encode())
        except BaseException as error:
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    parent.leave()
    os.waitpid(pid, 0)
    with os.fdopen(reading) as result:
        return result.read()


def ended(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    return not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


def everything_of(parent: ForkServer) -> list[psutil.Process]:
    first = psutil.Process(parent._process.pid)
    return [first, *first.children(recursive=True)]


def test_it_grades_there_and_is_ended_there(parent):
    processes, folder = everything_of(parent), parent._scratch.name

    def use() -> str:
        assert parent.alive()
        kernel = parent.box(Limits(), {}).kernel(1000)
        shown = kernel.run("6 * 7", Deadline(60)).outputs[0]["data"]["text/plain"]
        parent.close()
        return f"{shown}, {parent.alive()}"

    assert in_a_fork(parent, use) == "42, False"
    assert ended(processes)
    assert not Path(folder).exists()


def test_that_it_has_ended_is_seen_there(parent):
    def use() -> str:
        parent.box(Limits(), {})
        psutil.Process(parent._process.pid).kill()
        parent._is_closed(60)
        return str(parent.alive())

    assert in_a_fork(parent, use) == "False"
    parent._scratch.cleanup()


def test_it_ends_when_no_process_holds_it(parent):
    processes = everything_of(parent)
    assert in_a_fork(parent, lambda: str(parent.alive())) == "True"
    assert ended(processes)
    parent._scratch.cleanup()
