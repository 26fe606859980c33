"""A Dask scheduler and workers in processes of their own, as they are started on several machines."""

import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from patience import PATIENCE_S

from .small_class import environment


@dataclass
class Cluster:
    """A running scheduler."""

    address: str
    process: subprocess.Popen
    workers: list[subprocess.Popen] = field(default_factory=list)

    def end_scheduler(self) -> None:
        """The scheduler is gone at once, as when its machine loses power."""
        self.process.kill()
        self.process.wait()


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A scheduler with so many workers, all started in `folder`, on the loopback interface alone."""
    scheduler = _start(
        folder, "dask_scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard", "--no-show"
    )
    cluster = None
    try:
        address = _said(scheduler, r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)")
        cluster = Cluster(address, scheduler)
        options = [
            "--nthreads=1",
            "--host=127.0.0.1",
            "--no-dashboard",
            "--nanny",
            f"--local-directory={folder}",
        ]
        for _ in range(workers):
            cluster.workers.append(_start(folder, "dask_worker", address, *options))
        for worker in cluster.workers:
            _said(worker, r"Registered to:\s+(\S+)")
        yield cluster
    finally:
        for process in (*(cluster.workers if cluster else ()), scheduler):
            process.terminate()
        for process in (*(cluster.workers if cluster else ()), scheduler):
            process.wait(timeout=PATIENCE_S)


def _start(folder: Path, program: str, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _said(process: subprocess.Popen, pattern: str) -> str:
    """What a process says of itself, once it does; what it says later is read and forgotten."""
    found: queue.Queue[str] = queue.Queue()
    heard: list[str] = []

    def read() -> None:
        for line in process.stdout:
            heard.append(line)
            if match := re.search(pattern, line):
                found.put(match[1])
        found.put("")

    threading.Thread(target=read, daemon=True).start()
    said = found.get(timeout=PATIENCE_S)
    assert said, "".join(heard[-30:])
    return said
