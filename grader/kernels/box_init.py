"""The init process of a box: it starts kernels, reports how they end, and ends them all.

In a process namespace of its own it is process 1: when it ends, the kernel ends all that was started there.
"""

import contextlib
import os
import select
import signal
import socket
from pathlib import Path
from typing import Any

from grader.kernels import kernel
from grader.kernels.messages import MessageStream, StreamClosed
from grader.kernels.turns import Turns
from grader.sandbox import layers, linux, namespaces, rlimits
from grader.sandbox.limits import Limits
from grader.sandbox.rights import NOBODY

_MAX_BYTES = 16 * 2**20
"""Of a message from the trusted side."""


def run_box(descriptor: int, shell: Any, settings: dict[str, Any], task: dict[str, Any]) -> None:
    """Makes a box for one submission and keeps it until the other side closes the stream. Never returns."""
    try:
        limits = Limits(**task["limits"])
        in_force = _enter(settings, limits)
        if in_force and os.fork():  # the next child is process 1 of the namespace
            os._exit(0)
        for name, text in task["files"].items():
            Path(settings["private"], name).write_text(text, encoding="utf-8")
        _BoxInit(descriptor, shell, settings, limits, Turns() if os.getpid() == 1 else None).work(in_force)
    finally:
        os._exit(0)


def _enter(settings: dict[str, Any], limits: Limits) -> list[str]:
    """Enters namespaces of its own, if this machine permits it; returns the layers that are then in force."""
    try:
        namespaces.enter(settings["private"], limits, no_network=settings["has_no_network"])
    except OSError:
        if os.getuid() == NOBODY:
            rlimits.limit_processes(limits)
        return []
    rlimits.limit_processes(limits)  # from here on: counted in the new namespace alone
    return [layers.NAMESPACES]


class _BoxInit:
    """The init process: it handles requests and reaps its children."""

    def __init__(
        self, descriptor: int, shell: Any, settings: dict[str, Any], limits: Limits, turns: Turns | None
    ):
        self.shell, self.settings, self.limits = shell, settings, limits
        self.turns = turns
        self.stream = MessageStream(socket.socket(fileno=descriptor), _MAX_BYTES)
        self.child_pipe, writing = os.pipe()  # "self-pipe": lets `select` wait for SIGCHLD too
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        with contextlib.suppress(OSError):  # only Linux has it
            linux.set_dumpable(False)

    def work(self, in_force: list[str]) -> None:
        """Handles requests and reports ended processes, until the other side closes the stream."""
        self.stream.send({"layers": in_force})
        while True:
            stream = self.stream.end.fileno()
            ready, _, _ = select.select([stream, self.child_pipe], [], [])
            if self.child_pipe in ready:
                os.read(self.child_pipe, 4096)
                self._reap()
            if stream in ready:
                try:
                    self._handle(*self.stream.receive_with_descriptor())
                except StreamClosed:
                    os._exit(0)

    def _handle(self, request: dict[str, Any], descriptor: int | None) -> None:
        if descriptor is not None:
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                kernel.serve(descriptor, self.shell, self.settings, self.limits)
            os.close(descriptor)
            self.stream.send({"kernel": pid})
        elif "turn" in request:
            if self.turns:
                self.turns.give(request["turn"], request["waiting"])
            self.stream.send({"turn": request["turn"]})
        elif request["kill"] > 1:
            # It has ended already, or the number, which a student's process reported, is not a process.
            with contextlib.suppress(OSError, OverflowError):
                os.kill(request["kill"], signal.SIGKILL)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            seconds = used.ru_utime + used.ru_stime
            self.stream.send(
                {"ended": pid, "status": status, "seconds": seconds, "kilobytes": used.ru_maxrss}
            )
