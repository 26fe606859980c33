"""The fork server: loads once what grading a week takes, and forks from that a worker for each core.

A worker that started by itself would import PyTorch and load the answer keys by itself: seconds of work and
hundreds of megabytes, each. Copies share both. Where a worker dies, another copy takes its place.

`WorkerServer` is the side of the class run; `main` is what runs in the process.
"""

import asyncio
import base64
import contextlib
import gc
import importlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Any

from grader.kernels.errors import CANNOT_FORK, GraderError
from utils.start_up import skip_rfc3987_grammar

_KEYS = ("require_encryption", "tls_ca_file", "tls_worker_cert", "tls_worker_key")
"""What a worker must know to speak to our scheduler, by Dask's names."""
_END_SECONDS = 5.0
"""How long workers may take to end by themselves, so that each can put its sandbox away."""
_CANNOT_BEGIN = 3
"""The exit code of a worker that did not reach the scheduler: another one would not either."""


class WorkerServer:
    """A process that becomes many. It starts at once, and learns later what to load and whom to work for."""

    def __init__(self, imports: Sequence[str] = ()):
        """Starts it; it begins with these modules.

        Raises:
            GraderError: this system cannot fork.
        """
        if not hasattr(os, "fork"):
            raise GraderError(CANNOT_FORK)
        self._is_loading = False
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, "-P", "-m", "grader.class_run.worker_server", *imports]
        # A pool of threads does not survive a fork.
        settings = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **settings},
            stdin=subprocess.PIPE,
            stdout=self._words,
            stderr=self._words,
            start_new_session=True,  # Ctrl-C goes to a terminal's whole group: we end it
        )

    def load(self, task: bytes, workers: int) -> None:
        """Lets it load what so many workers need for such a task, made by `to_bytes`. Once is enough."""
        if not self._is_loading:
            self._is_loading = True
            coded = base64.b64encode(task).decode()
            self._say({"task": coded, "workers": workers, "path": sys.path})

    def fork(self, workers: int, address: str, security: Any) -> None:
        """Lets it make so many workers for the scheduler at that address, with Dask's `security`."""
        self._say(
            {
                "workers": workers,
                "address": address,
                "security": {key: getattr(security, key) for key in _KEYS},
            }
        )

    def error_message(self) -> str:
        """Why there will be no workers; empty while there may be."""
        if self._process.poll() is None:
            return ""
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else f"it ended with exit code {self._process.returncode}"

    def close(self) -> None:
        """Ends it and all its workers."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._words.close()

    def _say(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):  # `trouble` will say why it has gone
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()


def main(imports: Sequence[str]) -> None:
    """Imports, loads, and forks until the class run goes."""
    skip_rfc3987_grammar()
    for name in imports:
        importlib.import_module(name)
    if load := _heard():
        sys.path[:] = load["path"]
        task = base64.b64decode(load["task"])
        _load(task, load["workers"])
        if order := _heard():
            _Supervisor(order, task).keep()


def _heard() -> dict[str, Any]:
    """The next message; empty when there will be none."""
    return json.loads(sys.stdin.buffer.readline() or b"{}")


def _load(task: bytes, workers: int) -> None:
    from grader.class_run.worker_task import prepare

    with contextlib.suppress(Exception):  # it comes again where a submission is graded, and is reported there
        prepare(task, workers)
    gc.freeze()  # what no collection touches stays shared


class _Supervisor:
    """The process with its workers."""

    def __init__(self, order: dict[str, Any], task: bytes):
        self._order, self._task = order, task
        self._wanted: int = order["workers"]
        self._workers: set[int] = set()
        self._forks = 0
        self._bell, ringer = os.pipe()
        os.set_blocking(ringer, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)

    def keep(self) -> None:
        """Keeps as many workers alive as are wanted, until the other side goes."""
        while self._others():
            while len(self._workers) < self._wanted:
                self._workers.add(self._fork())
            self._wait(None)
            self._reap()
        self._end()

    def _others(self) -> bool:
        """Whether the class run is still there: it says nothing more, but closes when it ends."""
        ready, _, _ = select.select([sys.stdin.buffer], [], [], 0)
        return not ready

    def _wait(self, seconds: float | None) -> bool:
        """Waits until a worker ends, or the class run does."""
        ready, _, _ = select.select([self._bell, *([] if seconds else [sys.stdin.buffer])], [], [], seconds)
        if self._bell in ready:
            os.read(self._bell, 4096)
        return bool(ready)

    def _fork(self) -> int:
        from grader.class_run.worker_task import after_fork_in_parent
        from grader.sandbox import linux

        place, self._forks = self._forks, self._forks + 1
        pid = os.fork()
        if pid:
            with contextlib.suppress(Exception):  # as for `prepare`
                after_fork_in_parent(self._task, place)
            return pid
        code = _CANNOT_BEGIN
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with contextlib.suppress(OSError):  # only Linux has it
                linux.die_with_parent()
            code = _work(self._order, self._task, place)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if pid in self._workers:
                self._workers.remove(pid)
                self._on_exit(os.waitstatus_to_exitcode(status))

    def _on_exit(self, code: int) -> None:
        """Decides whether another worker takes the place of one that ended; it does if it was killed."""
        if code == _CANNOT_BEGIN:
            sys.exit(1)  # its last line says why
        if code == 0:  # the scheduler has sent it away, and would send away another
            self._wanted -= 1

    def _end(self) -> None:
        while self._workers and self._wait(_END_SECONDS):
            self._reap()
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)


def _work(order: dict[str, Any], task: bytes, place: int) -> int:
    """Is one worker, until the scheduler goes. Returns the exit code."""
    import atexit

    from distributed import Security, Worker

    from grader.class_run.worker_task import after_fork_in_child

    with contextlib.suppress(Exception):  # as for `prepare`
        after_fork_in_child(task, place)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters stands in our own sentences
    began = False

    async def serve() -> None:
        nonlocal began
        worker = Worker(
            order["address"],
            nthreads=1,
            host="127.0.0.1",
            dashboard=False,
            memory_limit=0,  # each submission has limits of its own
            security=Security(**order["security"]),
        )
        async with worker:
            began = True
            await worker.finished()

    try:
        asyncio.run(serve())
    finally:
        atexit._run_exitfuncs()  # the executor's: it puts its sandbox away
    return 0 if began else _CANNOT_BEGIN


if __name__ == "__main__":
    main(sys.argv[1:])
