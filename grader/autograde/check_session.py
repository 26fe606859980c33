"""Check sessions: answer keys and reference, loaded once for a class; runs on public and hidden cases."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from grader.autograde.judge_time_limit import TookTooLong, time_limit
from grader.autograde.task import Hidden
from grader.kernels.errors import GraderError
from grader.kernels.messages import Deadline
from utils import reference
from utils.answers.judge import LocalCheckRun, LocalJudge, UnknownCheck
from utils.checks.engine.check import Check
from utils.checks.engine.observation import Observation
from utils.checks.engine.report import Report

REFERENCE = "storyteller"
"""The reference that grading uses: the one that every machine has, so that grades are the same everywhere."""
_SEEDS = 8
"""Number of seeds that are tried before a check counts as broken."""
_NAMING_SECONDS = 8.0
"""For comparing a check's answers and finding the mistake's name. It takes a second at most."""
_COMPARING_SECONDS = 4.0
"""For comparing them alone."""
_DROPPED = Observation()
"""Replaces an answer that has been judged."""


class CheckSessions:
    """The judges' shared data for all submissions: the public cases and their expected values."""

    def __init__(self) -> None:
        reference.choose(REFERENCE)
        self._public = LocalJudge()

    def session(self, seed: int) -> "CheckSession":
        """Returns the judge for one submission, whose hidden cases the seed draws."""
        return CheckSession(self._public, seed)

    def prepare(self, checks: Iterable[Check]) -> None:
        """Loads the answer keys of these checks, and the expected values of their public cases.

        Raises:
            UnknownCheck: one of them has no answer key.
        """
        for check in checks:
            self._public.open(check)


class CheckSession:
    """The judge for one submission. `seconds` is the time that its own work took."""

    def __init__(self, public: LocalJudge, seed: int):
        self._public = public
        self._hidden = [LocalJudge(seed + step, reveal=False) for step in range(_SEEDS)]
        self.seconds = 0.0

    def open(self, week: str, check: str) -> "PublicThenHidden":
        """Returns a run of one check, with cases drawn and expected values computed.

        Raises:
            UnknownCheck: the week has no such check.
            GraderError: no cases can be drawn for it.
        """
        with self.clock():
            return PublicThenHidden(self._public.open_named(week, check), self._open_hidden(week, check))

    def _open_hidden(self, week: str, check: str) -> LocalCheckRun:
        """Returns the hidden cases, from the next seed where a check cannot draw any from one."""
        for judge in self._hidden:
            try:
                return judge.open_named(week, check)
            except UnknownCheck:
                raise
            except Exception as error:  # a bug of the check, which must not cost a student anything
                problem = error
        raise GraderError(
            f"The check {check} of {week} draws no cases: {problem!r}. Mend it and grade again."
        )

    @contextmanager
    def clock(self, deadline: Deadline | None = None) -> Iterator[None]:
        """Counts the time inside the block as the judge's own, and not towards the student's deadline."""
        began = time.monotonic()
        try:
            yield
        finally:
            taken = time.monotonic() - began
            self.seconds += taken
            if deadline:
                deadline.extend(taken)


class PublicThenHidden:
    """A run of one check: first on the public cases, which students have too, then on the hidden ones."""

    def __init__(self, public: LocalCheckRun, hidden: LocalCheckRun):
        self._public, self._hidden = public, hidden
        self.week, self.name = public.answer_key.check.week, public.answer_key.check.name
        self.gave_hidden = False
        """True once the student's process may have received a hidden input."""
        self.ready_made: tuple[str, ...] = ()
        """The ready-made functions that the code was seen to call."""
        self._public_report: Report | None = None

    @property
    def public_is_over(self) -> bool:
        """Returns whether all public cases have been answered."""
        return self._public.next_case() is None

    def next_case(self) -> dict[str, Any] | None:
        """Returns the inputs of the next case, or None after the last."""
        self.gave_hidden = self.public_is_over
        return self._current.next_case()

    def submit(self, observation: Observation) -> None:
        """Adds the observation of the current case."""
        self._current.submit(observation)

    def report_public(self) -> Report:
        """Returns the report on the public cases, which are over, and drops the answers.

        A notebook's checks wait for each other, and all their answers together could fill the memory.
        """
        if self._public_report is None:
            self._public_report = self._conclude(self._public)
        return self._public_report

    def report(self) -> tuple[Report, Hidden]:
        """Returns the report on all cases, and the outcome of the hidden ones."""
        public, hidden = self.report_public(), self._conclude(self._hidden)
        outcome: Hidden = "passed" if hidden.passed else "failed"
        tried = public.cases + hidden.cases
        if not public.passed:
            return public, outcome
        if not hidden.passed:
            headline = f"right for the notebook's own cases; of other cases, {hidden.headline}"
            return replace(hidden, headline=headline, notes=public.notes), outcome
        headline = f"{tried} of {tried} cases equal {self._public.answer_key.reference}"
        return replace(public, cases=tried, headline=headline), outcome

    def _conclude(self, check_run: LocalCheckRun) -> Report:
        """Returns the report; without a mistake's name where finding it takes too long."""
        seen = (name for observation in check_run.observations for name in observation.ready_made)
        self.ready_made = tuple(dict.fromkeys((*self.ready_made, *seen)))
        try:
            with time_limit(_NAMING_SECONDS):
                report = check_run.report()
        except TookTooLong:
            check_run.answer_key = replace(check_run.answer_key, mistakes=())
            with time_limit(_COMPARING_SECONDS):
                report = check_run.report()
        check_run.observations[:] = [_DROPPED] * len(check_run.observations)
        return report

    @property
    def _current(self) -> LocalCheckRun:
        return self._hidden if self.public_is_over else self._public
