"""A snapshot: a copy of the kernel, forked where a check cell is, which waits and then runs that check.

Checks wait until all other cells have run. So no cell's output can hold a hidden input, no check can change
what another one sees, and one that ends its process costs only itself.
"""

import importlib
import os
import socket
from typing import Any

from grader.kernels.messages import MalformedMessage, MessageStream, StreamClosed
from grader.kernels.shell import run_cell
from grader.kernels.threads import one_thread
from utils.checks.engine import protocol
from utils.checks.engine.check import Check, use_judge
from utils.checks.engine.plain_data import PlainDataError
from utils.checks.engine.report import CheckFailed, Report

_MAX_BYTES = 2**20
"""Of a message from the trusted side: the check cell's code."""


def serve(descriptor: int, shell: Any, task: dict[str, Any]) -> None:
    """Waits for the check's code, runs it and ends. Never returns."""
    try:
        stream = MessageStream(socket.socket(fileno=descriptor), _MAX_BYTES)
        stream.send({"pid": os.getpid()})
        task |= stream.receive()
        one_thread()
        if task["checks"]:
            _run_checks(stream.end, shell, task)
        else:
            _run_asserts(stream, shell, task)
    except (StreamClosed, MalformedMessage, protocol.ChannelClosed, PlainDataError):
        pass
    finally:
        os._exit(0)


def _run_checks(end: socket.socket, shell: Any, task: dict[str, Any]) -> None:
    """Runs a cell of the course's checks: the judge at the other end gives the cases and decides."""
    end.settimeout(None)
    incoming, outgoing = end.makefile("rb"), end.makefile("wb")
    use_judge(protocol.RemoteJudge(incoming, outgoing))
    names = shell.user_ns
    # The student's code may have rebound these names.
    names |= {name: importlib.import_module(module) for name, module in task["modules"].items()}
    try:
        exec(compile(task["code"], "<check>", "exec"), names)
    except CheckFailed:
        pass
    except (protocol.ChannelClosed, PlainDataError):
        raise
    except BaseException as error:
        protocol.send(outgoing, {"raised": [type(error).__name__[:200], _message(error)]})


def _run_asserts(stream: MessageStream, shell: Any, task: dict[str, Any]) -> None:
    """Runs a cell of an instructor's own asserts: its outputs decide, as in nbgrader."""
    own, answer = os.getpid(), run_cell(shell, task["code"], task["limit"])
    if os.getpid() == own:  # else the cell has forked, and this is the child
        stream.send(answer)


def _message(error: BaseException) -> str:
    try:
        return str(error)[:600]
    except Exception:  # an exception class of the student's may have a faulty __str__
        return ""


class NotHere:
    """The judge for checks that a student calls in a cell of their own: it gives no cases."""

    def open(self, check: Check) -> "NotHere":
        """Begins a check."""
        self._check = check
        return self

    def next_case(self) -> None:
        """Returns None: there are no cases."""

    def submit(self, observation: Any) -> None:
        """Does nothing."""

    def report(self) -> Report:
        """Returns a report that says where the check is made."""
        where = "not asked in a cell of your own: where a grade is made, only the notebook's own check counts"
        return Report(self._check.week, self._check.name, True, 0, 0, where)
