"""The bench: answer keys and reference, loaded once for a class; check runs with public and hidden cases."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from grader.autograde.task import Hidden
from grader.autograde.time_limit import TookTooLong, time_limit
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
"""How many seeds are tried before a check counts as broken."""


_NAMING_SECONDS = 8.0
"""How long comparing a check's answers and finding the mistake's name may take. It takes a second at most."""
_COMPARING_SECONDS = 4.0
"""How long comparing them alone may take."""


_DROPPED = Observation()
"""Stands for an answer that has been judged."""


class CheckSessions:
    """What is kept for all submissions: the public cases and what is right for them."""

    def __init__(self) -> None:
        reference.choose(REFERENCE)
        self._public = LocalJudge()

    def session(self, seed: int) -> "CheckSession":
        """What is kept for one submission: its hidden cases."""
        return CheckSession(self._public, seed)

    def prepare(self, checks: Iterable[Check]) -> None:
        """Loads the answer keys on these checks, and what is right for their public cases.

        Raises:
            UnknownCheck: there is no answer key on one of them.
        """
        for check in checks:
            self._public.open(check)


class CheckSession:
    """The judge for one submission. `seconds` is the time that it took itself."""

    def __init__(self, public: LocalJudge, seed: int):
        self._public = public
        self._hidden = [LocalJudge(seed + step, reveal=False) for step in range(_SEEDS)]
        self.seconds = 0.0

    def open(self, week: str, check: str) -> "PublicThenHidden":
        """A check run on one check, with cases drawn and expected values computed.

        Raises:
            UnknownCheck: the week has no such check.
            GraderError: no cases can be drawn for it.
        """
        with self.clock():
            return PublicThenHidden(self._public.open_named(week, check), self._open_hidden(week, check))

    def _open_hidden(self, week: str, check: str) -> LocalCheckRun:
        """The hidden cases, from the next seed where a check cannot draw any from one."""
        for judge in self._hidden:
            try:
                return judge.open_named(week, check)
            except UnknownCheck:
                raise
            except Exception as error:  # a fault of the check's own, which must not cost a student anything
                problem = error
        raise GraderError(
            f"The check {check} of {week} draws no cases: {problem!r}. Mend it and grade again."
        )

    @contextmanager
    def clock(self, deadline: Deadline | None = None) -> Iterator[None]:
        """Counts the time inside as the judge's own, and not towards the student's deadline."""
        began = time.monotonic()
        try:
            yield
        finally:
            taken = time.monotonic() - began
            self.seconds += taken
            if deadline:
                deadline.extend(taken)


class PublicThenHidden:
    """One check's check run: first the public cases, which students have too, and then the hidden ones."""

    def __init__(self, public: LocalCheckRun, hidden: LocalCheckRun):
        self._public, self._hidden = public, hidden
        self.week, self.name = public.answer_key.check.week, public.answer_key.check.name

        self.gave_hidden = False
        """Whether the student's process may know a hidden input by now."""
        self.ready_made: tuple[str, ...] = ()
        """The ready-made functions that the code was seen to call."""
        self._reported: Report | None = None

    @property
    def public_is_over(self) -> bool:
        """Whether all public cases have been answered."""
        return self._public.next_case() is None

    def next_case(self) -> dict[str, Any] | None:
        """The inputs of the next case, or None after the last."""
        self.gave_hidden = self.public_is_over
        return self._now.next_case()

    def submit(self, observation: Observation) -> None:
        """Takes what came of the case."""
        self._now.submit(observation)

    def report_public(self) -> None:
        """Judges the public cases, which are over, and drops the answers: a notebook's checks wait for each
        other, and all their answers together could fill the memory.
        """
        if self._reported is None:
            self._reported = self._conclude(self._public)

    def report(self) -> tuple[Report, Hidden]:
        """The answer key on all cases, and on the hidden ones."""
        self.report_public()
        public, hidden = self._reported, self._conclude(self._hidden)
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
        """The report; without a mistake's name where looking for it takes too long."""
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
    def _now(self) -> LocalCheckRun:
        return self._hidden if self.public_is_over else self._public
