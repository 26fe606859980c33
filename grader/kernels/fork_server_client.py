"""The fork server, seen from the trusted side: starts it in the sandbox, and asks it for boxes."""

import base64
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from grader.kernels.box import Box
from grader.kernels.errors import CANNOT_FORK, ForkServerGone, GraderError
from grader.kernels.messages import (
    Deadline,
    MalformedMessage,
    MessageStream,
    StreamClosed,
    StreamTimeout,
)
from grader.sandbox import bubblewrap, control_groups, layers, seccomp
from grader.sandbox.file_permissions import others_can_read
from grader.sandbox.limits import Limits
from grader.sandbox.rights import NOBODY
from grader.sandbox.view import View

START_SECONDS = 180
"""Seconds that the fork server may take to import everything on a busy machine."""
_MAX_BYTES = 2**16
"""Of a message from the fork server."""


class ForkServer:
    """A process in the sandbox that has imported what a week needs. Use it from one thread at a time."""

    def __init__(self, view: View, preload: Sequence[str], limits: Limits):
        """Starts the process, and does not wait until it is ready.

        Args:
            view: the files that it and all its children see.
            preload: modules to import.
            limits: of one submission; the control group applies them to all of its processes together.

        Raises:
            GraderError: this system cannot fork.
        """
        if not hasattr(os, "fork"):
            raise GraderError(CANNOT_FORK)
        self.view = view
        self.layers: tuple[str, ...] = ()
        self._bwrap = bubblewrap.program()
        self._scratch = tempfile.TemporaryDirectory(prefix="grading-")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._group = control_groups.make(limits)
        self._uid = NOBODY if self._can_be_nobody() else None
        if self._uid is not None:
            os.chown(self._scratch.name, self._uid, self._uid)
        end, theirs = socket.socketpair()
        self._stream = MessageStream(end, _MAX_BYTES)
        with theirs:
            self._process = subprocess.Popen(
                self._command(theirs.fileno(), limits),
                pass_fds=[theirs.fileno()],
                env=_environment(self._private),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
        self._owner = os.getpid()
        self._settings = self._describe(preload, limits)
        self._ready = False
        with contextlib.suppress(StreamClosed):  # `box` reports that it has ended
            self._stream.send(self._settings)

    def box(self, limits: Limits, files: dict[str, str]) -> Box:
        """Returns a box for one submission, with these files in its private folder.

        Raises:
            GraderError: the fork server has ended or does not start.
        """
        self._wait()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._stream.send({"limits": asdict(limits), "files": files}, theirs.fileno())
            except StreamClosed:
                ours.close()
                raise self._error() from None
        try:
            return Box(ours, self.layers)
        except (StreamClosed, StreamTimeout, MalformedMessage):
            ours.close()
            raise self._error() from None

    def alive(self) -> bool:
        """Returns whether it can be asked for a box."""
        if self._owner == os.getpid():
            return self._process.poll() is None
        return not self._is_closed(0)

    def close(self) -> None:
        """Ends the process, and everything that it started."""
        self._end()
        self._stream.close()
        self._log.close()
        if self._group:
            self._group.remove()
        self._scratch.cleanup()

    def leave(self) -> None:
        """Leaves the fork server to another process: the one that forked this one, or was forked from it.

        That takes two private details of the standard library, which has no public way to give up an object
        without ending what it owns; `tests/kernels/test_given_away.py` fails where they have changed.
        """
        self._stream.close()
        self._log.close()
        # The folder belongs to the other process now; else it would be removed when this object is collected.
        self._scratch._finalizer.detach()  # type: ignore[attr-defined]  # typeshed leaves the attribute out
        # Popen then takes it as reaped; else Python would warn, and wait for a process that runs on.
        self._process.returncode = 0

    def _end(self) -> None:
        if self.alive():
            os.kill(self._process.pid, signal.SIGKILL)  # bubblewrap's own child dies with it
        if self._owner == os.getpid():
            self._process.wait()
        else:
            self._is_closed(START_SECONDS)

    def _is_closed(self, seconds: float) -> bool:
        """Returns whether it closes its end of the stream within these seconds, or has already.

        Only the process that started it could wait for it instead.
        """
        if self._stream.end.fileno() < 0:
            return True
        poller = select.poll()
        poller.register(self._stream.end, 0)  # only POLLHUP is reported
        return bool(poller.poll(1000 * seconds))

    @property
    def _private(self) -> str:
        return bubblewrap.PRIVATE if self._bwrap else self._scratch.name

    def _can_be_nobody(self) -> bool:
        if os.name != "posix" or os.geteuid() != 0:
            return False
        # bubblewrap makes the folders above those that it mounts; without it their own modes count.
        return others_can_read(self.view.readable, self.view.course, with_parents=not self._bwrap)

    def _command(self, descriptor: int, limits: Limits) -> list[str]:
        # An absolute path without `..`: of `tests/../.venv` the sandbox has no `tests`.
        inside = [
            os.path.abspath(sys.executable),
            "-P",
            "-s",
            "-B",
            "-m",
            "grader.kernels.fork_server",
            str(descriptor),
        ]
        whole = (
            bubblewrap.command(self._bwrap, self.view, inside, limits.disk_bytes) if self._bwrap else inside
        )
        return self._group.command(whole) if self._group else whole

    def _describe(self, preload: Sequence[str], limits: Limits) -> dict[str, Any]:
        """Returns the settings that the fork server receives."""
        return {
            "uid": self._uid,
            "private": self._private,
            "readable": list(self.view.allowed()),
            "seccomp": base64.b64encode(seccomp.program()).decode(),
            "absent": list(self.view.absent),
            "data_packages": self.view.data_packages(),
            "preload": list(preload),
            "message_bytes": limits.message_bytes,
            "has_no_network": bool(self._bwrap),
        }

    def _wait(self) -> None:
        if self._ready:
            return
        try:
            uid = self._stream.receive(Deadline(START_SECONDS))["ready"]
        except (StreamClosed, StreamTimeout, MalformedMessage, KeyError):
            raise self._error() from None
        self._ready = True
        found = {
            layers.BUBBLEWRAP: bool(self._bwrap),
            layers.OTHER_USER: os.geteuid() == 0 and uid != 0,
            layers.CONTROL_GROUP: bool(self._group),
        }
        self.layers = tuple(name for name, is_there in found.items() if is_there)

    def _error(self) -> GraderError:
        if self._ready:
            self._end()  # so that `alive` is false from now on
            return ForkServerGone("The kernels' warm parent ended while it was needed: grade again.")
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        last = lines[-1].strip() if lines else f"it ended with exit code {self._process.returncode}"
        return GraderError(
            f"The kernels' warm parent does not run: {last}. Nothing was graded. If bubblewrap was refused, "
            "user namespaces are switched off on this machine; else set the course up again (`make clean`)."
        )


_ARITHMETIC = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
"""Variables that choose the instructions by which torch computes. The judge's process has them, and random
inputs and rounding depend on them."""


def _environment(private: str) -> dict[str, str]:
    """Returns all environment variables of a student's code: of the instructor's, none but `_ARITHMETIC`."""
    return {name: os.environ[name] for name in _ARITHMETIC if name in os.environ} | {
        "HOME": private,
        "TMPDIR": private,
        "IPYTHONDIR": private,
        "MPLCONFIGDIR": private,
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "TORCHDYNAMO_DISABLE": "1",  # torch.compile would start a compiler, and fail
        "NBGRADER_EXECUTION": "autograde",  # utils.own_parts then takes the course's own parts
    }
