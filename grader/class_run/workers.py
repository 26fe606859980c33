"""The processes that grade: our own on this machine, or any Dask scheduler's. Bytes go out and come back."""

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

_LOOK_S = 5.0
"""How often to look after the scheduler while no submission gets done."""
_START_LOOK_S = 1.0
"""How often to look whether workers will ever start."""
_FETCH_S = 60.0
"""How long the way of one finished result may take."""


@dataclass(frozen=True)
class Job:
    """One submission on its way."""

    student: str
    content: bytes
    """What `task.to_bytes` made."""


@dataclass(frozen=True)
class Failed:
    """What comes back in place of a result."""

    reason: str


class WorkersDied(Failed):
    """Workers died while they graded it, or something else at the same time."""


class Workers:
    """Those who grade, as many as there are at the moment."""

    def __init__(self, client: Client, name: str, wait_s: float):
        self._client, self._name, self._wait_s = client, name, wait_s
        self._lost = ""
        self._alone_since: float | None = None

    def grade(self, jobs: Iterable[Job]) -> Generator[tuple[str, bytes | Failed]]:
        """Each student with what came back, in the order in which they get done.

        No more jobs are under way than there are workers, and they are taken from the iterable as they are
        needed. Two jobs can still meet on one worker, after another has died; so whoever a worker died over
        gets another try at the end, alone.
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
        waiting, running = iter(jobs), {}
        try:
            self._send(waiting, running)
            while running:
                done = [(running.pop(future), future) for future in self._some_done(running)]
                self._send(waiting, running)
                for job, future in done:
                    yield job, self._fetched(future)
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
            # A key of its own: the same bytes may be graded again, by --force.
            future = self._client.submit(worker_task.run, job.content, pure=False)
            running[future] = job

    def _free(self, busy: int) -> int:
        if self._lost:
            return 0
        try:
            threads = sum(self._client.nthreads().values())
        except Exception:  # Dask raises what the connection raised, and that is of many kinds
            self._lose()
            return 0
        return max(threads, 1) - busy

    def _some_done(self, running: dict[Future, Job]) -> list[Future]:
        """Waits until something is done, or nothing more will be."""
        while True:
            try:
                wait(list(running), timeout=_LOOK_S, return_when="FIRST_COMPLETED")
            except (TimeoutError, CancelledError):
                self._look_after()
            done = [future for future in running if future.done()]
            if done or self._lost:
                return done or list(running)

    def _look_after(self) -> None:
        if self._client.status != "running":
            self._lose()
            return
        self._free(0)
        if self._lost or self._client.nthreads():
            self._alone_since = None
            return
        now = time.monotonic()
        self._alone_since = self._alone_since or now
        if now - self._alone_since > self._wait_s:
            self._lost = f"{self._name} had no worker left: start some and call `course grade` again."

    def _lose(self) -> None:
        self._lost = f"{self._name} went away before it was graded: start it and call `course grade` again."

    def _fetched(self, future: Future) -> bytes | Failed:
        if self._lost and not future.done():
            return Failed(self._lost)
        try:
            return future.result(timeout=_FETCH_S)
        except KilledWorker as error:
            times = error.allowed_failures + 1
            return WorkersDied(
                f"{times} workers died over it: look at its code, and at the machine's memory."
            )
        except (CancelledError, OSError):  # among them time-outs and lost connections
            self._lose()
            return Failed(self._lost)
        except Exception as error:  # what Dask itself could not do
            return Failed(f"Dask could not run it ({type(error).__name__}: {error}).")


@contextmanager
def processes(number: int, tries: int, task: bytes, server: WorkerServer | None = None) -> Iterator[Workers]:
    """Forks that many processes, which end with the block.

    They speak over TLS with keys that only they know: a port of this machine is open to all its users, and
    whoever can speak to a Dask scheduler can run programs as its owner.

    Args:
        task: one like those that they will get, to be ready for it.
        server: what they are forked from, where it has been started already. It ends with the block, too.

    Raises:
        CourseError: they do not start.
    """
    with closing(server or WorkerServer()) as server, _quiet():
        server.load(task, number)
        with dask.config.set({"distributed.scheduler.allowed-failures": tries - 1}):
            cluster = _scheduler_here()
        with cluster, Client(cluster) as client:
            server.fork(number, cluster.scheduler_address, cluster.security)
            _await(client, number, server)
            yield Workers(client, "the local cluster", wait_s=_FETCH_S)


@contextmanager
def scheduler(address: str, wait_s: float) -> Iterator[Workers]:
    """Uses the workers of a Dask scheduler, with the security that Dask's own configuration names.

    Raises:
        CourseError: nothing answers there, or it has no workers.
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


def _scheduler_here() -> LocalCluster:
    return LocalCluster(
        n_workers=0,
        host="127.0.0.1",
        dashboard_address=None,
        security=Security.temporary(),
        silence_logs=logging.CRITICAL,
    )


def _await(client: Client, number: int, server: WorkerServer) -> None:
    while True:
        with suppress(TimeoutError):
            client.wait_for_workers(number, timeout=_START_LOOK_S)
            return
        if problem := server.error_message():
            raise CourseError(f"The processes that grade do not start: {problem}. Nothing was graded.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask speaks of lost connections and large messages; what matters of it stands in our own sentences."""
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
