"""Runs a mutant against the real check, in a child process with limits on time and memory."""

import contextlib
import os
import random
import resource
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch

from grader.tools.mutation.exercise import MutatedExercise
from utils.answers.judge import LocalCheckRun, LocalJudge, find_answer_key
from utils.checks.engine.cases import PUBLIC_SEED, Case

Outcome = Literal["killed", "hidden", "survived"]
"""Killed by a public case; killed only by a hidden case, which is a fault of the check; killed by none."""

HIDDEN_SEEDS = tuple(random.Random(PUBLIC_SEED).sample(range(2**53), 50))
"""Fixed seeds, so that a run can be repeated."""

_MIN_SECONDS = 3.0
_SLOWDOWN = 10
"""A mutant that takes this many times as long as the official solution counts as an endless loop."""
_EXTRA_MEMORY = 4 << 30
"""Bytes that a mutant may allocate beyond the memory of its parent."""
_PASSED, _FAILED = 0, 1


class Trials:
    """Runs mutants of one exercise on the public cases and on those of `seeds` hidden seeds."""

    def __init__(self, exercise: MutatedExercise, seeds: int):
        self.exercise = exercise
        self._answer_key = replace(find_answer_key(exercise.week, exercise.name), mistakes=())
        hidden = (LocalJudge(seed, reveal=False) for seed in HIDDEN_SEEDS[:seeds])
        self._judges = [LocalJudge(), *hidden]
        public = self._cases(0)
        began = time.process_time()
        if self._failing(exercise.solution(), public):
            raise AssertionError(f"{exercise.key}: the official solution does not pass.")
        seconds = time.process_time() - began
        self._seconds = max(_MIN_SECONDS, _SLOWDOWN * seconds)

    def outcome(self, cell: int, code: str) -> Outcome:
        """Returns the outcome of the exercise with `code` in place of one of its cells."""
        if not self._passes(cell, code, 0):
            return "killed"
        hidden = all(self._passes(cell, code, number) for number in range(1, len(self._judges)))
        return "survived" if hidden else "hidden"

    def failing_case(self, cell: int, code: str) -> tuple[int, str] | None:
        """Returns the first hidden seed and case label at which the mutant fails. Runs it in this process."""
        submission = self.exercise.mutated(cell, code)
        for number, judge in enumerate(self._judges[1:], 1):
            if case := self._failing(submission, self._cases(number)):
                return judge.seed, case.label
        return None

    def _cases(self, number: int) -> list[tuple[Case, Any]]:
        opened = self._judges[number].open(self._answer_key.check)
        return list(zip(opened.cases, opened.expectations, strict=True))

    def _failing(self, submission: Any, cases: list[tuple[Case, Any]]) -> Case | None:
        for number, (case, expected) in enumerate(cases):
            check_run = LocalCheckRun(self._answer_key, [case], [expected], reveal=True)
            check_run.submit(self._answer_key.check.observe(submission, case.inputs, first=number == 0))
            if not check_run.report().passed:
                return case
        return None

    def _passes(self, cell: int, code: str, number: int) -> bool:
        """Returns True if the mutant passes the cases of one judge.

        This process draws the cases, and a forked child, which inherits them, runs the mutant.
        """
        cases = self._cases(number)
        child = os.fork()
        if child == 0:
            status = _FAILED
            try:
                _limit(self._seconds)
                if not self._failing(self.exercise.mutated(cell, code), cases):
                    status = _PASSED
            finally:
                os._exit(status)
        return os.waitpid(child, 0)[1] == _PASSED


def _limit(seconds: float) -> None:
    """Limits this process to `seconds` of CPU time and ten times as much real time; discards its output.

    Its memory is limited, too, where /proc states how much it uses.
    """
    for timer, name in ((signal.ITIMER_PROF, signal.SIGPROF), (signal.ITIMER_REAL, signal.SIGALRM)):
        signal.signal(name, signal.SIG_DFL)
        signal.setitimer(timer, seconds * (10 if timer == signal.ITIMER_REAL else 1))
    devnull = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(devnull, stream)
    with contextlib.suppress(OSError, ValueError, AttributeError):
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + _EXTRA_MEMORY,) * 2)


def one_thread() -> None:
    """Keeps torch from starting threads, since a process with threads must not fork."""
    torch.set_num_threads(1)
