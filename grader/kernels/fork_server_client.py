"""The warm parent, from the trusted side: starts it in the sandbox, and asks it for boxes."""

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
from grader.sandbox.limits import Limits
from grader.sandbox.readers import others_can_read
from grader.sandbox.rights import NOBODY
from grader.sandbox.view import View

START_SECONDS = 180
"""How long the warm parent may take to import everything on a busy machine."""
_LONGEST = 2**16


class ForkServer:
    """A process in the sandbox that has imported what a week needs. Use it from one thread at a time."""

    def __init__(self, view: View, preload: Sequence[str], limits: Limits):
        """Starts it, and does not wait until it is ready.

        Args:
            view: the files that it and all its children see.
            preload: modules to import.
            limits: of one submission; the control group holds all of it to them.

        Raises:
            GraderError: this system cannot fork.
        """
        if not hasattr(os, "fork"):
            raise GraderError(CANNOT_FORK)
        self.view = view
        self.layers: tuple[str, ...] = ()
        self._bwrap = bubblewrap.program()
        self._scratch = tempfile.TemporaryDirectory(prefix="grading-")
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        self._group = control_groups.make(limits)
        self._uid = NOBODY if self._can_be_nobody() else None
        if self._uid is not None:
            os.chown(self._scratch.name, self._uid, self._uid)
        end, theirs = socket.socketpair()
        self._stream = MessageStream(end, _LONGEST)
        with theirs:
            self._process = subprocess.Popen(
                self._command(theirs.fileno(), limits),
                pass_fds=[theirs.fileno()],
                env=_environment(self._private),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=self._words,
                stderr=self._words,
                start_new_session=True,
            )
        self._owner = os.getpid()
        self._settings = self._describe(preload, limits)
        self._ready = False
        with contextlib.suppress(StreamClosed):  # `box` will say that it has gone
            self._stream.send(self._settings)

    def box(self, limits: Limits, files: dict[str, str]) -> Box:
        """A box for one submission, with these files in its private folder.

        Raises:
            GraderError: the warm parent has gone or does not start.
        """
        self._wait()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._stream.send({"limits": asdict(limits), "files": files}, theirs.fileno())
            except StreamClosed:
                ours.close()
                raise self._trouble() from None
        try:
            return Box(ours, self.layers)
        except (StreamClosed, StreamTimeout, MalformedMessage):
            ours.close()
            raise self._trouble() from None

    def alive(self) -> bool:
        """Whether it can be asked for a box."""
        if self._owner == os.getpid():
            return self._process.poll() is None
        return not self._is_closed(0)

    def close(self) -> None:
        """Ends it, and everything that it started."""
        self._end()
        self._stream.close()
        self._words.close()
        if self._group:
            self._group.remove()
        self._scratch.cleanup()

    def leave(self) -> None:
        """Leaves it to another process, which was forked from this one or from which this one was forked."""
        self._stream.close()
        self._words.close()
        self._scratch._finalizer.detach()
        self._process.returncode = 0  # or Python would wait for it

    def _end(self) -> None:
        if self.alive():
            os.kill(self._process.pid, signal.SIGKILL)  # bubblewrap's own child dies with it
        if self._owner == os.getpid():
            self._process.wait()
        else:
            self._is_closed(START_SECONDS)

    def _is_closed(self, seconds: float) -> bool:
        """Whether it has closed its end of the wire, or does so within these seconds: only the process that
        started it could wait for it.
        """
        if self._stream.end.fileno() < 0:
            return True
        poller = select.poll()
        poller.register(self._stream.end, 0)  # for nothing but its end
        return bool(poller.poll(1000 * seconds))

    @property
    def _private(self) -> str:
        return bubblewrap.PRIVATE if self._bwrap else self._scratch.name

    def _can_be_nobody(self) -> bool:
        if os.name != "posix" or os.geteuid() != 0:
            return False
        # bubblewrap makes the folders above what it shows; without it they have the rights that they have.
        return others_can_read(self.view.readable, self.view.course, with_parents=not self._bwrap)

    def _command(self, descriptor: int, limits: Limits) -> list[str]:
        # Not as it was typed: in `tests/../.venv` the sandbox has no `tests`.
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

    def _describe(self, preload: Sequence[str], limits: Limits) -> dict:
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
            raise self._trouble() from None
        self._ready = True
        found = {
            layers.BUBBLEWRAP: bool(self._bwrap),
            layers.OTHER_USER: os.geteuid() == 0 and uid != 0,
            layers.CONTROL_GROUP: bool(self._group),
        }
        self.layers = tuple(name for name, is_there in found.items() if is_there)

    def _trouble(self) -> GraderError:
        if self._ready:
            self._end()  # so that `alive` is right from now on
            return ForkServerGone("The kernels' warm parent ended while it was needed: grade again.")
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").strip().splitlines()
        last = lines[-1].strip() if lines else f"it ended with exit code {self._process.returncode}"
        return GraderError(
            f"The kernels' warm parent does not run: {last}. Nothing was graded. If bubblewrap was refused, "
            "user namespaces are switched off on this machine; else set the course up again (`make clean`)."
        )


def _environment(private: str) -> dict[str, str]:
    """All that a student's code finds in its environment: nothing of the instructor's."""
    return {
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
