"""Grades one submission: the function that `nbgrader autograde`, formgrader and the class run all call."""

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
atexit.register(_pool.close)  # the sandboxes end with the process


def grade_submission(task: GradingTask) -> GradedSubmission:
    """Runs and judges one submission, and returns its grades and the graded notebook.

    It takes and returns plain data, and touches no gradebook and no file of the course. The fork server and
    the judge's answer keys stay in this process for the next call: call it from long-lived workers, with one
    call at a time in each. Further calls from other threads wait.

    Whatever the submission's bytes are, there is a result: with scores that say why each point was lost, or
    with `problem` and no scores where the file cannot be read at all.

    Raises:
        SandboxTooWeak: this machine lacks a protection that `task.required` names. Nothing was run.
        GraderError: the source is not a notebook of that week, or the fork server does not start; the message
            says what to do. It concerns every submission, not this one.
    """
    with _one_at_a_time:
        began = time.monotonic()
        source = read_source(task.week, task.source)
        try:
            submitted = read_submission(task.submission, task.limits.submission_bytes)
            merged = merge_answers(source, submitted)
        except Unreadable as problem:
            return GradedSubmission(task.week, None, (), problem=str(problem))
        return _graded(task, source, merged, began)


def prepare(task: GradingTask, forks: int) -> None:
    """Loads what judging the task takes, and starts fork servers for processes to be forked from this one.

    Args:
        task: one of those that the processes will grade.
        forks: the number of processes.
    """
    import torch

    torch.set_num_threads(1)  # a pool of threads does not survive a fork
    with _one_at_a_time:
        source = read_source(task.week, task.source)
        _pool.reserve(source, task.limits, forks)
        _pool.sessions(source)


def after_fork_in_child(task: GradingTask, place: int) -> None:
    """Takes over what `prepare` has prepared for the process with that number."""
    with _one_at_a_time:
        _pool.inherit(read_source(task.week, task.source), task.limits, place)


def after_fork_in_parent(task: GradingTask, place: int) -> None:
    """Closes this process's side of what the process with that number has taken over."""
    _pool.give_away(place)


def cool_down() -> None:
    """Ends the fork servers of this process. The next call starts new ones."""
    with _one_at_a_time:
        _pool.close()


def _graded(
    task: GradingTask, source: SourceNotebook, merged: MergedNotebook, began: float
) -> GradedSubmission:
    server = partial(_pool.server, source, task.limits)
    server()  # gets ready while the judge does
    session = _pool.sessions(source).session(task.seed)
    ran = NotebookRun(task, source, merged.steps, server).run(session)
    if NAMESPACES not in ran.layers:
        _pool.discard(source, task.limits)
    scores = tuple(score_cells(merged.steps, ran, merged.unwritten))
    signs = (*find_delegation(merged.steps), *_seen_while_run(merged, ran))
    notebook = graded_notebook(
        source.notebook.metadata, merged.steps, ran, scores, task.limits.notebook_output_bytes
    )
    return GradedSubmission(
        week=task.week,
        notebook=notebook,
        ledger=scores,
        odd=tuple(merged.odd),
        signs=signs,
        layers=ran.layers,
        reference=REFERENCE,
        timings=_timings(ran, session, began),
    )


def _seen_while_run(merged: MergedNotebook, ran: RunResult) -> list[DelegationSign]:
    """Returns a sign for each ready-made function that the code called while it was checked."""
    return [
        DelegationSign(merged.steps[place].name, 0, f"was seen to call {name}")
        for place, served in ran.served.items()
        for name in served.ready_made
    ]


def _timings(ran: RunResult, session: CheckSession, began: float) -> Timings:
    return Timings(
        total=time.monotonic() - began,
        ready=ran.ready_seconds,
        cells=ran.cells_seconds,
        checks=ran.checks_seconds,
        judge=session.seconds,
    )
