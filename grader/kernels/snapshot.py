"""A snapshot: a copy of the kernel as it was where a check stands. It waits there, and then runs that check.

Checks wait until the notebook has shown all that it shows. So nothing that a cell prints can hold a hidden
input, no check can change what another one sees, and one that ends its process costs nothing but itself.
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

_LONGEST = 2**20


def serve(descriptor: int, shell: Any, task: dict[str, Any]) -> None:
    """Waits for the word, runs the check, ends. Never returns."""
    try:
        stream = MessageStream(socket.socket(fileno=descriptor), _LONGEST)
        stream.send({"pid": os.getpid()})
        task |= stream.receive()
        one_thread()
        if task["checks"]:
            _judged(stream.end, shell, task)
        else:
            _shown(stream, shell, task)
    except (StreamClosed, MalformedMessage, protocol.ChannelClosed, PlainDataError):
        pass
    finally:
        os._exit(0)


def _judged(end: socket.socket, shell: Any, task: dict[str, Any]) -> None:
    """A cell of the course's checks: the judge at the other end asks, and decides."""
    end.settimeout(None)
    incoming, outgoing = end.makefile("rb"), end.makefile("wb")
    use_judge(protocol.RemoteJudge(incoming, outgoing))
    names = shell.user_ns
    # A student may have used these names for something of their own.
    names |= {name: importlib.import_module(module) for name, module in task["modules"].items()}
    try:
        exec(compile(task["code"], "<check>", "exec"), names)
    except CheckFailed:
        pass
    except (protocol.ChannelClosed, PlainDataError):
        raise
    except BaseException as error:
        protocol.send(outgoing, {"raised": [type(error).__name__[:200], _message(error)]})


def _shown(stream: MessageStream, shell: Any, task: dict[str, Any]) -> None:
    """A cell of an instructor's own asserts: what it shows decides, as in nbgrader."""
    own, answer = os.getpid(), run_cell(shell, task["code"], task["limit"])
    if os.getpid() == own:
        stream.send(answer)


def _message(error: BaseException) -> str:
    try:
        return str(error)[:600]
    except Exception:  # of a class of the student's
        return ""


class NotHere:
    """The judge for checks that a student calls in a cell of their own."""

    def open(self, check: Check) -> "NotHere":
        """Begins a check."""
        self._check = check
        return self

    def next_case(self) -> None:
        """There is none."""

    def submit(self, attempt: Any) -> None:
        """Nobody asked."""

    def report(self) -> Report:
        """Says where the check is made."""
        where = "not asked in a cell of your own: where a grade is made, only the notebook's own check counts"
        return Report(self._check.week, self._check.name, True, 0, 0, where)
