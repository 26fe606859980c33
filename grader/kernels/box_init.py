"""The init process of a box: it starts kernels, reports how they end, and ends them all.

In process namespaces of its own it is their process 1: when it goes, everything that was started there goes.
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

LONGEST = 16 * 2**20
"""The longest message that a init process takes, in bytes."""


def run_box(descriptor: int, shell: Any, settings: dict[str, Any], task: dict[str, Any]) -> None:
    """Makes box for one submission and keeps it until the other side goes. Never returns."""
    try:
        limits = Limits(**task["limits"])
        in_force = _enter(settings, limits)
        if in_force and os.fork():  # the next child is the first process in there
            os._exit(0)
        for name, text in task["files"].items():
            Path(settings["private"], name).write_text(text, encoding="utf-8")
        _BoxInit(descriptor, shell, settings, limits, Turns() if os.getpid() == 1 else None).work(in_force)
    finally:
        os._exit(0)


def _enter(settings: dict[str, Any], limits: Limits) -> list[str]:
    """Goes into namespaces of its own, if this machine lets it."""
    try:
        namespaces.enter(settings["private"], limits, no_network=settings["has_no_network"])
    except OSError:
        if os.getuid() == NOBODY:
            rlimits.limit_processes(limits)
        return []
    rlimits.limit_processes(limits)  # from here on: counted in the new namespace alone
    return [layers.NAMESPACES]


class _BoxInit:
    def __init__(
        self, descriptor: int, shell: Any, settings: dict[str, Any], limits: Limits, turns: Turns | None
    ):
        self.shell, self.settings, self.limits = shell, settings, limits
        self.turns = turns
        self.stream = MessageStream(socket.socket(fileno=descriptor), LONGEST)
        self.bell, ringer = os.pipe()
        os.set_blocking(ringer, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)
        with contextlib.suppress(OSError):  # only Linux has it
            linux.set_dumpable(False)

    def work(self, in_force: list[str]) -> None:
        """Does what it is told and reports who has ended, until the other side goes."""
        self.stream.send({"layers": in_force})
        while True:
            ready, _, _ = select.select([self.stream.end, self.bell], [], [])
            if self.bell in ready:
                os.read(self.bell, 4096)
                self._reap()
            if self.stream.end in ready:
                try:
                    self._obey(*self.stream.receive_with_descriptor())
                except StreamClosed:
                    os._exit(0)

    def _obey(self, order: dict[str, Any], descriptor: int | None) -> None:
        if descriptor is not None:
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                kernel.serve(descriptor, self.shell, self.settings, self.limits)
            os.close(descriptor)
            self.stream.send({"kernel": pid})
        elif "turn" in order:
            if self.turns:
                self.turns.give(order["turn"], order["waiting"])
            self.stream.send({"turn": order["turn"]})
        elif order["kill"] > 1:
            # It has ended by itself, or its number, which a student's process gave, is none.
            with contextlib.suppress(OSError, OverflowError):
                os.kill(order["kill"], signal.SIGKILL)

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
