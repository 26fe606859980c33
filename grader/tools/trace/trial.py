"""Checks one bug in a child process and traces it."""

import json
import os
import resource
import signal
import tempfile
import time
from dataclasses import dataclass
from typing import Any

from grader.tools.mutation.exercise import MutatedExercise
from grader.tools.trace.bugs import Bug, submission_of
from utils.answers.judge import LocalCheckRun, LocalJudge
from utils.answers.steps import failed_case
from utils.checks.trace import clock
from utils.checks.trace.explain import trace

_SECONDS = 30


@dataclass(frozen=True)
class Outcome:
    """What the card says of one bug."""

    said: str
    """`right`, `next`, `wrong`, `nothing`, `passed`, `error`."""
    detail: str = ""
    first: float = 0.0
    """Seconds of the check."""
    second: float = 0.0
    """Seconds of the trace."""


def outcome(
    bug: Bug, exercise: MutatedExercise, variants: dict[str, dict[str, Any]], judge: LocalJudge
) -> Outcome:
    """Returns what the card says of a bug. Runs it in a child process, as it may not end."""
    # Opened here, so that the cases are drawn once.
    opened = judge.open_named(bug.week, bug.check)
    with tempfile.TemporaryDirectory() as folder:
        return _in_a_child(bug, exercise, variants, opened, folder)


def _in_a_child(
    bug: Bug,
    exercise: MutatedExercise,
    variants: dict[str, dict[str, Any]],
    opened: LocalCheckRun,
    folder: str,
) -> Outcome:
    """Tries a bug in a child process, in a folder for the files that a wrong program may write."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            os.chdir(folder)
            _limit()
            found = _outcome(bug, exercise, variants, opened)
            os.write(writing, json.dumps(found.__dict__).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return Outcome(**json.loads(data)) if data else Outcome("died")


def _outcome(
    bug: Bug, exercise: MutatedExercise, variants: dict[str, dict[str, Any]], opened: LocalCheckRun
) -> Outcome:
    try:
        submission, file = submission_of(bug, exercise, variants)
    except BaseException as error:
        return Outcome("error", repr(error)[:100])
    began = time.process_time()
    report = opened.answer_key.check._run_cases(submission, opened)
    first = time.process_time() - began
    if report.passed:
        return Outcome("passed")
    case = failed_case(opened)
    if case is None:
        return Outcome("error")
    clock.use(time.process_time)  # other work on the machine does not count
    began = time.process_time()
    found = trace(case, submission)
    second = time.process_time() - began
    if found is None:
        return Outcome("nothing", "no trace", first, second)
    place = found.location
    if place is None:
        suspects = [
            f"{s.line if hasattr(s, 'line') else s.statement.first}:{s.statement.text}"
            for s in found.comparison.suspects
        ]
        return Outcome("nothing", f"suspects {list(dict.fromkeys(suspects))[:6]}", first, second)
    line = place.statement
    detail = f"{place.reason} line {line.first}: {line.text}"
    if line.file == file and line.first == bug.line:
        return Outcome("right", detail, first, second)
    return Outcome("next" if _uses(found, line, file, bug.line) else "wrong", detail, first, second)


def _uses(found: Any, statement: Any, file: str, line: int) -> bool:
    """Returns True if a run of the statement uses directly what the wrong line computed."""
    return any(
        before.statement.file == file and before.statement.first == line
        for run in found.comparison.runs
        if run.statement is statement
        for before in run.reads
    )


def _limit() -> None:
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 3 * _SECONDS)
    devnull = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(devnull, stream)
    limit = 12 << 30
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
