"""The bench: verdicts and reference, loaded once for a class; hearings with public and hidden cases."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from grader.executor.task import Hidden
from grader.judge.time_limit import TookTooLong, time_limit
from grader.kernels.trouble import GraderTrouble
from grader.kernels.wire import Deadline
from utils import reference
from utils.checks.attempt import Attempt
from utils.checks.engine import Check
from utils.checks.report import Report
from utils.verdicts.judge import LocalHearing, LocalJudge, UnknownCheck

REFERENCE = "storyteller"
"""The reference that grading uses: the one that every machine has, so that grades are the same everywhere."""


_SEEDS = 8
"""How many seeds are tried before a check counts as broken."""


_NAMING_SECONDS = 8.0
"""How long comparing a check's answers and finding the mistake's name may take. It takes a second at most."""
_COMPARING_SECONDS = 4.0
"""How long comparing them alone may take."""


_DROPPED = Attempt()
"""Stands for an answer that has been judged."""


class Bench:
    """What is kept for all submissions: the public cases and what is right for them."""

    def __init__(self) -> None:
        reference.settle(REFERENCE)
        self._public = LocalJudge()

    def session(self, seed: int) -> "Session":
        """What is kept for one submission: its hidden cases."""
        return Session(self._public, seed)

    def prepare(self, checks: Iterable[Check]) -> None:
        """Loads the verdicts on these checks, and what is right for their public cases.

        Raises:
            UnknownCheck: there is no verdict on one of them.
        """
        for check in checks:
            self._public.open(check)


class Session:
    """The judge for one submission. `seconds` is the time that it took itself."""

    def __init__(self, public: LocalJudge, seed: int):
        self._public = public
        self._hidden = [LocalJudge(seed + step, reveal=False) for step in range(_SEEDS)]
        self.seconds = 0.0

    def open(self, week: str, check: str) -> "BothHearings":
        """A hearing on one check, with cases drawn and expected values computed.

        Raises:
            UnknownCheck: the week has no such check.
            GraderTrouble: no cases can be drawn for it.
        """
        with self.clock():
            return BothHearings(self._public.open_named(week, check), self._open_hidden(week, check))

    def _open_hidden(self, week: str, check: str) -> LocalHearing:
        """The hidden cases, from the next seed where a check cannot draw any from one."""
        for judge in self._hidden:
            try:
                return judge.open_named(week, check)
            except UnknownCheck:
                raise
            except Exception as error:  # a fault of the check's own, which must not cost a student anything
                problem = error
        raise GraderTrouble(
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


class BothHearings:
    """One check's hearing: first the public cases, which students have too, and then the hidden ones."""

    def __init__(self, public: LocalHearing, hidden: LocalHearing):
        self._public, self._hidden = public, hidden
        self.week, self.name = public.verdict.check.week, public.verdict.check.name

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

    def submit(self, attempt: Attempt) -> None:
        """Takes what came of the case."""
        self._now.submit(attempt)

    def report_public(self) -> None:
        """Judges the public cases, which are over, and drops the answers: a notebook's checks wait for each
        other, and all their answers together could fill the memory.
        """
        if self._reported is None:
            self._reported = self._conclude(self._public)

    def report(self) -> tuple[Report, Hidden]:
        """The verdict on all cases, and on the hidden ones."""
        self.report_public()
        public, hidden = self._reported, self._conclude(self._hidden)
        outcome: Hidden = "passed" if hidden.passed else "failed"
        tried = public.cases + hidden.cases
        if not public.passed:
            return public, outcome
        if not hidden.passed:
            headline = f"right for the notebook's own cases; of other cases, {hidden.headline}"
            return replace(hidden, headline=headline, notes=public.notes), outcome
        headline = f"{tried} of {tried} cases equal {self._public.verdict.reference}"
        return replace(public, cases=tried, headline=headline), outcome

    def _conclude(self, hearing: LocalHearing) -> Report:
        """The report; without a mistake's name where looking for it takes too long."""
        seen = (name for attempt in hearing.attempts for name in attempt.ready_made)
        self.ready_made = tuple(dict.fromkeys((*self.ready_made, *seen)))
        try:
            with time_limit(_NAMING_SECONDS):
                report = hearing.report()
        except TookTooLong:
            hearing.verdict = replace(hearing.verdict, mistakes=())
            with time_limit(_COMPARING_SECONDS):
                report = hearing.report()
        hearing.attempts[:] = [_DROPPED] * len(hearing.attempts)
        return report

    @property
    def _now(self) -> LocalHearing:
        return self._hidden if self.public_is_over else self._public
