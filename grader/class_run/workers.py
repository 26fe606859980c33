"""The workers that grade: processes on this machine, or those of any Dask scheduler."""

import logging
import time
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, wait

from grader.class_run import worker_task
from grader.class_run.worker_server import WorkerServer
from utils.errors import CourseError

_CHECK_S = 5.0
"""The interval of checks for a lost scheduler while no submission is done."""
_START_CHECK_S = 1.0
"""The interval of checks for an error while workers start."""
_FETCH_S = 60.0
"""The time limit for fetching a finished result."""


@dataclass(frozen=True)
class Job:
    """A submission to grade."""

    student: str
    content: bytes
    """The task, from `worker_task.to_bytes`."""


@dataclass(frozen=True)
class Failed:
    """The reason why there is no result."""

    reason: str


class WorkersDied(Failed):
    """Workers died while they graded it, or another submission at the same time."""


class Workers:
    """The workers of a Dask scheduler, whose number may change at any time."""

    def __init__(self, client: Client, name: str, wait_s: float):
        self._client, self._name, self._wait_s = client, name, wait_s
        self._lost = ""
        """The reason why nothing more can be graded; empty while it can."""
        self._no_worker_since: float | None = None

    def grade(self, jobs: Iterable[Job]) -> Generator[tuple[str, bytes | Failed]]:
        """Yield each student and what a worker returned, in the order in which jobs finish.

        No more jobs are submitted than there are workers; they are taken from the iterable as workers become
        free. When a worker dies, two jobs can still share another one, so a job that workers died over gets
        another try at the end, alone.
        """
        suspects: list[Job] = []
        for job, answer in self._round(jobs):
            if isinstance(answer, WorkersDied):
                suspects.append(job)
            else:
                yield job.student, answer
        for suspect in suspects:
            for job, answer in self._round([suspect]):
                yield job.student, answer

    def _round(self, jobs: Iterable[Job]) -> Generator[tuple[Job, bytes | Failed]]:
        waiting = iter(jobs)
        running: dict[Future, Job] = {}
        try:
            self._send(waiting, running)
            while running:
                done = [(running.pop(future), future) for future in self._some_done(running)]
                self._send(waiting, running)
                for job, future in done:
                    yield job, self._fetch(future)
        finally:
            for future in running:
                future.cancel(force=True)
        for job in waiting:
            yield job, Failed(self._lost)

    def _send(self, waiting: Iterator[Job], running: dict[Future, Job]) -> None:
        for _ in range(self._free(len(running))):
            job = next(waiting, None)
            if job is None:
                return
            # Not pure: with --force, the same bytes are graded again.
            future = self._client.submit(worker_task.run, job.content, pure=False)
            running[future] = job

    def _free(self, busy: int) -> int:
        if self._lost:
            return 0
        try:
            threads = sum(self._client.nthreads().values())
        except Exception:  # Dask passes on whatever the connection raised
            self._lose()
            return 0
        return max(threads, 1) - busy

    def _some_done(self, running: dict[Future, Job]) -> list[Future]:
        """Waits until futures are done and returns them; all of them once the scheduler is lost."""
        while True:
            try:
                wait(list(running), timeout=_CHECK_S, return_when="FIRST_COMPLETED")
            except (TimeoutError, CancelledError):
                self._check_scheduler()
            done = [future for future in running if future.done()]
            if done or self._lost:
                return done or list(running)

    def _check_scheduler(self) -> None:
        if self._client.status != "running":
            self._lose()
            return
        self._free(0)
        if self._lost or self._client.nthreads():
            self._no_worker_since = None
            return
        now = time.monotonic()
        self._no_worker_since = self._no_worker_since or now
        if now - self._no_worker_since > self._wait_s:
            self._lost = f"{self._name} had no worker left: start some and call `course grade` again."

    def _lose(self) -> None:
        self._lost = f"{self._name} went away before it was graded: start it and call `course grade` again."

    def _fetch(self, future: Future) -> bytes | Failed:
        if self._lost and not future.done():
            return Failed(self._lost)
        try:
            return future.result(timeout=_FETCH_S)
        except KilledWorker as error:
            times = error.allowed_failures + 1
            return WorkersDied(
                f"{times} workers died over it: look at its code, and at the machine's memory."
            )
        except (CancelledError, OSError):  # including time-outs and lost connections
            self._lose()
            return Failed(self._lost)
        except Exception as error:  # Dask itself failed
            return Failed(f"Dask could not run it ({type(error).__name__}: {error}).")


@contextmanager
def processes(number: int, tries: int, task: bytes, server: WorkerServer | None = None) -> Iterator[Workers]:
    """Forks worker processes on this machine, which end with the block.

    They use TLS with keys of their own: any user of this machine can connect to its ports, and a client of a
    Dask scheduler can run programs as its owner.

    Args:
        number: the number of workers.
        tries: the number of workers that may die over one submission.
        task: a task like those to come, for which the server loads everything.
        server: the server that forks them, where it has been started already. It ends with the block, too.

    Raises:
        CourseError: the workers do not start.
    """
    with closing(server or WorkerServer()) as server, _quiet():
        server.load(task, number)
        with dask.config.set({"distributed.scheduler.allowed-failures": tries - 1}):
            cluster = _local_scheduler()
        with cluster, Client(cluster) as client:
            server.fork(number, cluster.scheduler_address, cluster.security)
            _await_workers(client, number, server)
            yield Workers(client, "the local cluster", wait_s=_FETCH_S)


@contextmanager
def scheduler(address: str, wait_s: float) -> Iterator[Workers]:
    """Connects to the workers of a Dask scheduler, with the security of Dask's own configuration.

    Raises:
        CourseError: the scheduler does not answer, or it has no workers.
    """
    with _quiet():
        try:
            client = Client(address, timeout=min(wait_s, 30) or 1)
        except (OSError, ValueError) as error:
            raise CourseError(
                f"No Dask scheduler answers at {address} ({error}). Start one, `dask scheduler`, and "
                "workers, `dask worker ADDRESS --nthreads 1`; or leave --scheduler out."
            ) from None
        with client:
            if not client.nthreads():
                raise CourseError(
                    f"The Dask scheduler at {address} has no workers. Start some where the course is "
                    f"installed: dask worker {address} --nthreads 1"
                )
            yield Workers(client, f"the scheduler at {address}", wait_s)


def _local_scheduler() -> LocalCluster:
    return LocalCluster(
        n_workers=0,
        host="127.0.0.1",
        dashboard_address=None,
        security=Security.temporary(),
        silence_logs=logging.CRITICAL,
    )


def _await_workers(client: Client, number: int, server: WorkerServer) -> None:
    while True:
        with suppress(TimeoutError):
            client.wait_for_workers(number, timeout=_START_CHECK_S)
            return
        if problem := server.error_message():
            raise CourseError(f"The processes that grade do not start: {problem}. Nothing was graded.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences Dask's warnings of lost connections and large messages: we report errors ourselves."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "distributed.core")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="distributed")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
