"""Running a notebook in a fresh kernel of this very interpreter, one cell after the other."""

import asyncio
import logging
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from utils.errors import CourseError

_STARTUP_SECONDS = 120
_GRACE_SECONDS = 10  # for a cell to heed an interrupt; code that catches everything does not


class KernelDidNotStart(CourseError):
    """No kernel, so nothing was checked; the message repeats the kernel's last words."""


@dataclass
class KernelRun:
    """How far a run came. The outputs are in the notebook's cells."""

    seconds: dict[int, float] = field(default_factory=dict)
    """How long each cell took, by its place; of those that were begun."""
    stopped_in: int | None = None
    """The cell that took the kernel with it."""
    stop_reason: str = ""
    stop_seconds: float = 0
    """How long that cell had run."""


def run_cells(
    notebook: NotebookNode, prologue: str, folder: Path, timeout: int, begin: Callable[[int], None]
) -> KernelRun:
    """Runs the cells of `notebook`, in `folder`, and puts their outputs into them; before them `prologue`.

    A cell that raises does not stop the run, nor does one that is interrupted after `timeout` seconds; the
    kernel's death does. `begin` is told each cell's place before it runs.

    Raises:
        KernelDidNotStart: the kernel did not come up.
    """
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as words:
        return asyncio.run(_run(notebook, prologue, folder, timeout, begin, _environment(scratch), words))


def _environment(scratch: str) -> dict[str, str]:
    return {
        "HF_HUB_OFFLINE": "1",  # nothing needs the network, so nothing may wait for it
        **os.environ,
        "NBGRADER_EXECUTION": "validate",  # failing checks raise
        "IPYTHONDIR": scratch,  # the grader has no start-up files of the student's
        "PYTHONHASHSEED": "0",
        "CUDA_VISIBLE_DEVICES": "",  # grading needs no graphics card, and has none
        "TORCHDYNAMO_DISABLE": "1",
    }


async def _run(
    notebook: NotebookNode,
    prologue: str,
    folder: Path,
    timeout: int,
    begin: Callable[[int], None],
    environment: dict[str, str],
    words: IO[bytes],
) -> KernelRun:
    client = _client(notebook)
    manager = client.km
    try:
        await _start(client, folder, environment, words)
        await _prepare(client, prologue)
        run = KernelRun()
        for index in range(len(notebook.cells)):
            begin(index)
            run.seconds[index] = 0.0
            began = time.monotonic()
            run.stop_reason = await _run_cell(client, index, timeout)
            run.seconds[index] = time.monotonic() - began
            if run.stop_reason:
                run.stopped_in, run.stop_seconds = index, run.seconds[index]
                break
        return run
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
        if manager.has_kernel:
            await manager.shutdown_kernel(now=True)


async def _prepare(client: NotebookClient, prologue: str) -> None:
    """Runs the code that makes the kernel what the notebook is to find. It is no cell of the notebook."""
    await asyncio.wait_for(
        client.kc.execute_interactive(prologue, allow_stdin=False, store_history=False, silent=True),
        _STARTUP_SECONDS,
    )


class _ThisInterpreter(KernelSpecManager):
    """Whatever name the notebook was saved with, and whatever is installed under it: this interpreter."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


def _client(notebook: NotebookNode) -> NotebookClient:
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_ThisInterpreter()),
        timeout=None,  # `_Watchdog` sees to it
        startup_timeout=_STARTUP_SECONDS,
        allow_errors=True,
        skip_cells_with_tag="",  # no tag makes a check pass by not being run
        record_timing=False,
        store_widget_state=False,
    )
    client.log = logging.getLogger("utils.self_check.quiet")  # what it logs, the table says
    client.log.addHandler(logging.NullHandler())
    client.log.propagate = False
    return client


async def _start(client: NotebookClient, folder: Path, environment: dict[str, str], words: IO[bytes]) -> None:
    try:
        await client.async_start_new_kernel(cwd=str(folder), env=environment, stdout=words, stderr=words)
        await client.async_start_new_kernel_client()
    except (OSError, RuntimeError) as error:
        last = _last_line(words) or str(error)
        raise KernelDidNotStart(
            f"The Python kernel did not start in {folder}: {last}. Nothing was checked. If a file of yours "
            "there is named like a Python module (random.py, types.py), rename it; else run `make lab` again."
        ) from None


def _last_line(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else ""


async def _run_cell(client: NotebookClient, index: int, timeout: int) -> str:
    """Runs one cell. Returns why the run cannot go on after it; empty when it can."""
    cell = client.nb.cells[index]
    watch = _Watchdog(client, timeout)
    asked_to_exit = False

    def executed(execute_reply: dict[str, Any], **_: Any) -> None:
        nonlocal asked_to_exit
        payloads = execute_reply["content"].get("payload", [])
        asked_to_exit = any(payload.get("source") == "ask_exit" for payload in payloads)

    client.on_cell_executed = executed
    try:
        await client.async_execute_cell(cell, index)
    except DeadKernelError:
        if asyncio.current_task().cancelling():  # Ctrl-C looks like a dead kernel to nbclient
            raise asyncio.CancelledError from None
        return watch.stop_reason or await _cause_of_death(client)
    finally:
        watch.end()
    if watch.interrupted:
        cell.outputs = [output for output in cell.outputs if output.output_type != "error"]
        cell.outputs.append(_timeout_output(timeout))
    # The kernel ends a moment later, in whichever cell that meets it; this is the one to name.
    return "it called exit() or quit()" if asked_to_exit else ""


class _Watchdog:
    """Interrupts a cell that takes too long, and ends the kernel when that does not help.

    nbclient's own timeout goes on to the next cell while the kernel may still be at the last one.
    """

    def __init__(self, client: NotebookClient, timeout: int):
        self.interrupted = False
        self.stop_reason = ""
        self._task = asyncio.create_task(self._wait(client, timeout))

    async def _wait(self, client: NotebookClient, timeout: int) -> None:
        await asyncio.sleep(timeout)
        self.interrupted = True
        await client.km.interrupt_kernel()
        await asyncio.sleep(_GRACE_SECONDS)
        self.stop_reason = f"it was still running after {timeout} s and did not heed an interrupt"
        await client.km.shutdown_kernel(now=True)

    def end(self) -> None:
        self._task.cancel()


def _timeout_output(seconds: int) -> NotebookNode:
    sentence = f"stopped after {seconds} s, the time that a cell has here (--timeout gives it more)"
    return new_output("error", ename="CellTimeoutError", evalue=sentence, traceback=[sentence])


async def _cause_of_death(client: NotebookClient) -> str:
    code = await client.km.provisioner.poll() if client.km.provisioner else None
    if code is None or code >= 0:
        return f"the kernel ended with exit code {code or 0}: something called exit"
    meaning = signal.strsignal(-code) or "unknown"
    hint = ", most often because memory ran out" if -code == getattr(signal, "SIGKILL", None) else ""
    return f"the kernel was ended by signal {-code} ({meaning}){hint}"
