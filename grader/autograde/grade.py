"""Grades one submission: the one function behind `nbgrader autograde`, formgrader and the class run."""

import atexit
import threading
import time
from functools import partial

from grader.autograde.check_session import REFERENCE, CheckSession
from grader.autograde.delegation import find_delegation
from grader.autograde.graded_notebook import graded_notebook
from grader.autograde.merge_answers import MergedNotebook, merge_answers
from grader.autograde.run import NotebookRun, RunResult
from grader.autograde.scores import score_cells
from grader.autograde.source import SourceNotebook, read_source
from grader.autograde.submission import Unreadable, read_submission
from grader.autograde.task import DelegationSign, GradedSubmission, GradingTask, Timings
from grader.autograde.warm_pool import WarmPool
from grader.sandbox.layers import NAMESPACES

_pool = WarmPool()
_one_at_a_time = threading.Lock()
atexit.register(_pool.close)


def grade_submission(task: GradingTask) -> GradedSubmission:
    """Runs and judges one submission, and returns all that came of it.

    Plain data in, plain data out; it touches no gradebook and no file of the course. What is warm (the parent
    of the kernels, the judge's answer keys) stays in this process for the next call: call it from long-lived
    workers, with one call at a time in each. Further calls from other threads wait.

    Whatever the submission's bytes are, there is a result: with a ledger that says why each point was lost,
    or with `problem` and no ledger where the file cannot be read at all.

    Raises:
        SandboxTooWeak: this machine lacks a protection that `task.required` names. Nothing was run.
        GraderTrouble: the source is no notebook of that week, or the warm parent does not start; the message
            says what to do. It concerns every submission, not this one.
    """
    with _one_at_a_time:
        began = time.monotonic()
        source = read_source(task.week, task.source)
        try:
            submitted = read_submission(task.submission, task.limits.submission_bytes)
            assembled = merge_answers(source, submitted)
        except Unreadable as problem:
            return GradedSubmission(task.week, None, (), problem=str(problem))
        return _graded(task, source, assembled, began)


def prepare(task: GradingTask, forks: int) -> None:
    """Loads what judging such a task takes, and starts parents of kernels for so many processes that will be
    forked from this one.
    """
    import torch

    torch.set_num_threads(1)  # a pool of threads does not survive a fork
    with _one_at_a_time:
        source = read_source(task.week, task.source)
        _pool.reserve(source, task.limits, forks)
        _pool.bench(source)


def after_fork_in_child(task: GradingTask, place: int) -> None:
    """Takes over what `prepare` made ready for the process with that number."""
    with _one_at_a_time:
        _pool.inherit(read_source(task.week, task.source), task.limits, place)


def after_fork_in_parent(task: GradingTask, place: int) -> None:
    """Lets go of what the process with that number has taken over."""
    _pool.give_away(place)


def cool_down() -> None:
    """Ends the warm parents of this process. The next call starts new ones."""
    with _one_at_a_time:
        _pool.close()


def _graded(
    task: GradingTask, source: SourceNotebook, assembled: MergedNotebook, began: float
) -> GradedSubmission:
    parent = partial(_pool.parent, source, task.limits)
    parent()  # gets ready while the judge does
    session = _pool.bench(source).session(task.seed)
    ran = NotebookRun(task, source, assembled.steps, parent).go(session)
    if NAMESPACES not in ran.layers:
        _pool.discard(source, task.limits)
    grades = tuple(score_cells(assembled.steps, ran, assembled.unwritten))
    signs = (*find_delegation(assembled.steps), *_seen(assembled, ran))
    notebook = graded_notebook(
        source.notebook.metadata, assembled.steps, ran, grades, task.limits.notebook_output_bytes
    )
    return GradedSubmission(
        week=task.week,
        notebook=notebook,
        ledger=grades,
        odd=tuple(assembled.odd),
        signs=signs,
        layers=ran.layers,
        reference=REFERENCE,
        timings=_timings(ran, session, began),
    )


def _seen(assembled: MergedNotebook, ran: RunResult) -> list[DelegationSign]:
    """What was seen at work while the checks called the code."""
    return [
        DelegationSign(assembled.steps[place].name, 0, f"was seen to call {name}")
        for place, heard in ran.heard.items()
        for name in heard.ready_made
    ]


def _timings(ran: RunResult, session: CheckSession, began: float) -> Timings:
    return Timings(
        total=time.monotonic() - began,
        ready=ran.ready_seconds,
        cells=ran.cells_seconds,
        checks=ran.checks_seconds,
        judge=session.seconds,
    )
