"""Execution of a notebook, cell by cell, in a fresh kernel of this interpreter."""

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
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from utils.errors import CourseError

_STARTUP_SECONDS = 120
_GRACE_SECONDS = 10  # between the interrupt and the kernel's end: a cell may catch the interrupt


class KernelDidNotStart(CourseError):
    """A kernel that did not start; the message quotes the last line that it wrote."""


@dataclass
class KernelRun:
    """The course of a run. The outputs are in the notebook's cells."""

    seconds: dict[int, float] = field(default_factory=dict)
    """Wall time of each cell that was started, by its position."""
    stopped_in: int | None = None
    """The position of the cell that ended the kernel; None if no cell did."""
    stop_reason: str = ""
    stop_seconds: float = 0
    """Wall time of that cell until then."""


def run_cells(
    notebook: NotebookNode, prologue: str, folder: Path, timeout: int, begin: Callable[[int], None]
) -> KernelRun:
    """Run the cells of `notebook` and store their outputs in them.

    A cell that raises does not stop the run, nor does one that is interrupted after `timeout` seconds; the
    kernel's death does.

    Args:
        prologue: Code to run first; it is not a cell of the notebook.
        folder: The kernel's working directory.
        timeout: Seconds for each cell.
        begin: Called with each cell's position before the cell runs.

    Raises:
        KernelDidNotStart: The kernel did not start.
    """
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as log:
        return asyncio.run(_run(notebook, prologue, folder, timeout, begin, _environment(scratch), log))


def _environment(scratch: str) -> dict[str, str]:
    return {
        **os.environ,
        # Where work is graded there is no network and no model of the hub's, so that points do not depend on
        # the machine: the reference is the storyteller.
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_CACHE": str(Path(scratch) / "hub"),
        "NBGRADER_EXECUTION": "validate",  # failing checks raise
        "IPYTHONDIR": scratch,  # without the student's start-up files, as where work is graded
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
    log: IO[bytes],
) -> KernelRun:
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_ThisInterpreter())
    client = _client(notebook, manager)
    try:
        await _start(client, folder, environment, log)
        await _prepare(client, prologue)
        run = KernelRun()
        for index in range(len(notebook.cells)):
            begin(index)
            run.seconds[index] = 0.0
            began = time.monotonic()
            run.stop_reason = await _run_cell(client, manager, index, timeout)
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
    """Run code that is not a cell of the notebook."""
    kernel = client.kc
    if not isinstance(kernel, AsyncKernelClient):
        raise TypeError("The kernel has no asynchronous client.")
    await asyncio.wait_for(
        kernel.execute_interactive(prologue, allow_stdin=False, store_history=False, silent=True),
        _STARTUP_SECONDS,
    )


class _ThisInterpreter(KernelSpecManager):
    """Kernel specs that all start this interpreter, whatever kernel the notebook names."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


def _client(notebook: NotebookNode, manager: AsyncKernelManager) -> NotebookClient:
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=None,  # `_Watchdog` enforces the limit
        startup_timeout=_STARTUP_SECONDS,
        allow_errors=True,
        skip_cells_with_tag="",  # a tag must not let a check pass by not being run
        record_timing=False,
        store_widget_state=False,
    )
    client.log = logging.getLogger("utils.self_check.quiet")  # the table reports what it would log
    client.log.addHandler(logging.NullHandler())
    client.log.propagate = False
    return client


async def _start(client: NotebookClient, folder: Path, environment: dict[str, str], log: IO[bytes]) -> None:
    try:
        await client.async_start_new_kernel(cwd=str(folder), env=environment, stdout=log, stderr=log)
        await client.async_start_new_kernel_client()
    except (OSError, RuntimeError) as error:
        last = _last_line(log) or str(error)
        raise KernelDidNotStart(
            f"The Python kernel did not start in {folder}: {last}. Nothing was checked. If a file of yours "
            "there is named like a Python module (random.py, types.py), rename it; else run `make lab` again."
        ) from None


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else ""


async def _run_cell(client: NotebookClient, manager: AsyncKernelManager, index: int, timeout: int) -> str:
    """Run one cell. Return the reason why the run cannot go on after it; empty if it can."""
    cell = client.nb.cells[index]
    watchdog = _Watchdog(manager, timeout)
    asked_to_exit = False

    def executed(execute_reply: dict[str, Any], **_: Any) -> None:
        nonlocal asked_to_exit
        payloads = execute_reply["content"].get("payload", [])
        asked_to_exit = any(payload.get("source") == "ask_exit" for payload in payloads)

    client.on_cell_executed = executed
    try:
        await client.async_execute_cell(cell, index)
    except DeadKernelError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # nbclient takes Ctrl-C for a dead kernel
            raise asyncio.CancelledError from None
        return watchdog.stop_reason or await _cause_of_death(manager)
    finally:
        watchdog.stop()
    if watchdog.interrupted:
        cell.outputs = [output for output in cell.outputs if output.output_type != "error"]
        cell.outputs.append(_timeout_output(timeout))
    # The kernel exits only after this cell, and would seem to die in a later one; this is the one to report.
    return "it called exit() or quit()" if asked_to_exit else ""


class _Watchdog:
    """A timer that interrupts a cell after `timeout` seconds, and ends the kernel if that does not stop it.

    nbclient's own timeout goes on to the next cell while the kernel may still be running the last one.
    """

    def __init__(self, manager: AsyncKernelManager, timeout: int):
        self.interrupted = False
        self.stop_reason = ""
        self._task = asyncio.create_task(self._wait(manager, timeout))

    async def _wait(self, manager: AsyncKernelManager, timeout: int) -> None:
        await asyncio.sleep(timeout)
        self.interrupted = True
        await manager.interrupt_kernel()
        await asyncio.sleep(_GRACE_SECONDS)
        self.stop_reason = f"it was still running after {timeout} s and did not heed an interrupt"
        await manager.shutdown_kernel(now=True)

    def stop(self) -> None:
        self._task.cancel()


def _timeout_output(seconds: int) -> NotebookNode:
    sentence = f"stopped after {seconds} s, the time that a cell has here (--timeout gives it more)"
    return new_output("error", ename="CellTimeoutError", evalue=sentence, traceback=[sentence])


async def _cause_of_death(manager: AsyncKernelManager) -> str:
    code = await manager.provisioner.poll() if manager.provisioner else None
    if code is None or code >= 0:
        return f"the kernel ended with exit code {code or 0}: something called exit"
    meaning = signal.strsignal(-code) or "unknown"
    hint = ", most often because memory ran out" if -code == getattr(signal, "SIGKILL", None) else ""
    return f"the kernel was ended by signal {-code} ({meaning}){hint}"
