"""The fork server: loads once what grading a week needs, then forks a worker for each core.

A worker started on its own would import PyTorch and load the answer keys itself, which takes seconds and
hundreds of megabytes each time. Forks share both. A worker that is killed is replaced.

`WorkerServer` is the class run's side; `main` runs in the server's process.
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

_SECURITY = ("require_encryption", "tls_ca_file", "tls_worker_cert", "tls_worker_key")
"""The fields of Dask's Security that a worker needs to reach our scheduler."""
_EXIT_SECONDS = 5.0
"""The time for workers to exit by themselves, so that each can remove its sandbox."""
_NOT_CONNECTED = 3
"""The exit code of a worker that did not reach the scheduler: another one would not either."""


class WorkerServer:
    """A process that forks workers. It starts before it is known what to load, and for which scheduler."""

    def __init__(self, imports: Sequence[str] = ()):
        """Starts the process, which imports these modules first.

        Raises:
            GraderError: this system cannot fork.
        """
        if not hasattr(os, "fork"):
            raise GraderError(CANNOT_FORK)
        self._is_loading = False
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, "-P", "-m", "grader.class_run.worker_server", *imports]
        # A pool of threads does not survive a fork.
        settings = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **settings},
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,  # out of reach of Ctrl-C in the terminal: `close` ends it
        )
        assert self._process.stdin is not None, "stdin is a pipe"
        self._stdin = self._process.stdin

    def load(self, task: bytes, workers: int) -> None:
        """Makes the server load what so many workers need for such a task. Later calls do nothing."""
        if not self._is_loading:
            self._is_loading = True
            coded = base64.b64encode(task).decode()
            self._send({"task": coded, "workers": workers, "path": sys.path})

    def fork(self, workers: int, address: str, security: Any) -> None:
        """Makes the server fork so many workers for the scheduler at `address`, with Dask's `security`."""
        self._send(
            {
                "workers": workers,
                "address": address,
                "security": {key: getattr(security, key) for key in _SECURITY},
            }
        )

    def error_message(self) -> str:
        """Return why the server has ended; empty while it runs."""
        if self._process.poll() is None:
            return ""
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else f"it ended with exit code {self._process.returncode}"

    def close(self) -> None:
        """Ends the server and its workers."""
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        self._process.wait()
        self._output.close()

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):  # `error_message` reports why the server has ended
            self._stdin.write(json.dumps(message).encode() + b"\n")
            self._stdin.flush()


def main(imports: Sequence[str]) -> None:
    """Imports, loads, and keeps workers running until the class run closes the pipe."""
    skip_rfc3987_grammar()
    for name in imports:
        importlib.import_module(name)
    if load := _receive():
        sys.path[:] = load["path"]
        task = base64.b64decode(load["task"])
        _load(task, load["workers"])
        if request := _receive():
            _Supervisor(request, task).run()


def _receive() -> dict[str, Any]:
    """Return the next message; empty at the end of the stream."""
    return json.loads(sys.stdin.buffer.readline() or b"{}")


def _load(task: bytes, workers: int) -> None:
    from grader.class_run.worker_task import prepare

    with contextlib.suppress(Exception):  # the same error recurs and is reported when a submission is graded
        prepare(task, workers)
    gc.freeze()  # pages that the garbage collector never touches stay shared between the forks


class _Supervisor:
    """The server after loading: forks the workers and replaces those that are killed."""

    def __init__(self, request: dict[str, Any], task: bytes):
        self._request, self._task = request, task
        self._wanted: int = request["workers"]
        self._workers: set[int] = set()
        self._forks = 0
        # The self-pipe trick: SIGCHLD makes a pipe readable, so that `select` wakes when a worker exits.
        self._child_exited, write_end = os.pipe()
        os.set_blocking(write_end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)

    def run(self) -> None:
        """Keeps as many workers running as were requested, until the class run ends."""
        while self._class_run_is_alive():
            while len(self._workers) < self._wanted:
                self._workers.add(self._fork())
            self._wait(None)
            self._reap()
        self._end()

    def _class_run_is_alive(self) -> bool:
        # It sends nothing more, so stdin becomes readable only when it is closed.
        ready, _, _ = select.select([sys.stdin.buffer], [], [], 0)
        return not ready

    def _wait(self, seconds: float | None) -> bool:
        """Waits until a worker exits; without a time limit, also until the class run ends.

        Returns:
            False if the time is over.
        """
        streams = [self._child_exited, *([] if seconds else [sys.stdin.buffer])]
        ready, _, _ = select.select(streams, [], [], seconds)
        if self._child_exited in ready:
            os.read(self._child_exited, 4096)
        return bool(ready)

    def _fork(self) -> int:
        from grader.class_run.worker_task import after_fork_in_parent
        from grader.sandbox import linux

        index, self._forks = self._forks, self._forks + 1
        pid = os.fork()
        if pid:
            with contextlib.suppress(Exception):  # as for `prepare`
                after_fork_in_parent(self._task, index)
            return pid
        code = _NOT_CONNECTED
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with contextlib.suppress(OSError):  # only Linux has it
                linux.die_with_parent()
            code = _work(self._request, self._task, index)
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
        """Decides whether a worker that exited is replaced: one that was killed is."""
        if code == _NOT_CONNECTED:
            sys.exit(1)  # the last line of the output says why
        if code == 0:  # the scheduler has closed it, and would close a replacement
            self._wanted -= 1

    def _end(self) -> None:
        while self._workers and self._wait(_EXIT_SECONDS):
            self._reap()
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)


def _work(request: dict[str, Any], task: bytes, index: int) -> int:
    """Runs a Dask worker until the scheduler closes it. Returns the exit code."""
    import atexit

    from distributed import Security, Worker

    from grader.class_run.worker_task import after_fork_in_child

    with contextlib.suppress(Exception):  # as for `prepare`
        after_fork_in_child(task, index)
    logging.getLogger("distributed").setLevel(
        logging.CRITICAL
    )  # the class run reports errors in its own words
    connected = False

    async def serve() -> None:
        nonlocal connected
        worker = Worker(
            request["address"],
            nthreads=1,
            host="127.0.0.1",
            dashboard=False,
            memory_limit=0,  # the sandbox limits each submission's memory
            security=Security(**request["security"]),
        )
        async with worker:
            connected = True
            await worker.finished()

    try:
        asyncio.run(serve())
    finally:
        # `os._exit` skips exit handlers, of which the executor's removes its sandbox; `atexit` has no public
        # function that runs them.
        atexit._run_exitfuncs()
    return 0 if connected else _NOT_CONNECTED


if __name__ == "__main__":
    main(sys.argv[1:])
