"""The judge: gives out the cases of a check, takes the attempts, and reports."""

import functools
import importlib
import random
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, BinaryIO

from utils.checks.attempt import Attempt
from utils.checks.cases import PUBLIC_SEED, Case
from utils.checks.channel import ChannelClosed, receive, send
from utils.checks.engine import Check
from utils.checks.plain import PlainDataError
from utils.checks.report import Report
from utils.verdicts.diagnosis import diagnose
from utils.verdicts.stopped import stopped_report
from utils.verdicts.verdict import Verdict
from utils.weeks import WEEKS


class UnknownCheck(LookupError):
    """No verdict goes by that week and name."""


@functools.cache
def verdicts_of(week: str) -> dict[str, Verdict]:
    """The verdicts of a week (its folder's name), by the names of their checks.

    Raises:
        UnknownCheck: the week has none.
    """
    # The name may come from a student's process: only a week's own folder is ever imported.
    if week not in {each.folder for each in WEEKS} or not find_spec(f"utils.verdicts.{week}"):
        raise UnknownCheck(f"There are no verdicts for {week[:40]!r}.")
    module = importlib.import_module(f"utils.verdicts.{week}")
    return {verdict.check.name: verdict for verdict in module.VERDICTS}


def find_verdict(week: str, check: str) -> Verdict:
    """The verdict on one check.

    Raises:
        UnknownCheck: the week has no such check.
    """
    verdicts = verdicts_of(week)
    if check not in verdicts:
        raise UnknownCheck(f"{week} has no check {check[:40]!r}; it has {', '.join(verdicts)}.")
    return verdicts[check]


class LocalJudge:
    """A judge in this process. `seed` draws the cases; `reveal` is False when they are to stay hidden."""

    def __init__(self, seed: int = PUBLIC_SEED, reveal: bool = True):
        self.seed = seed
        self.reveal = reveal
        self._prepared: dict[tuple[str, str], tuple[list[Case], list[Any]]] = {}

    def open(self, check: Check) -> "LocalHearing":
        """Begins a check."""
        return self.open_named(check.week, check.name)

    def open_named(self, week: str, check: str) -> "LocalHearing":
        """Begins the check of that week and name.

        Raises:
            UnknownCheck: there is none.
        """
        verdict = find_verdict(week, check)
        key = (week, check)
        if key not in self._prepared:  # expected values are worth keeping: a student checks again and again
            cases = verdict.check.draw_cases(self.seed)
            if not self.reveal:  # in another order than the public ones, whose answers may be known by heart
                random.Random(self.seed).shuffle(cases)
            self._prepared[key] = cases, verdict.expectations(cases)
        return LocalHearing(verdict, *self._prepared[key], reveal=self.reveal)

    def serve(self, incoming: BinaryIO, outgoing: BinaryIO) -> list[Report]:
        """Answers the checks of a student's process until it goes; returns the reports in order.

        Raises:
            UnknownCheck, PlainDataError: the other side sent what no check of ours sends.
        """
        reports = []
        while True:
            try:
                hearing = self.open_named(*map(str, _receive(incoming, "week", "open")))
                while (inputs := hearing.next_case()) is not None:
                    send(outgoing, {"case": inputs})
                    hearing.submit(Attempt.from_plain(*_receive(incoming, "attempt")))
                reports.append(hearing.report())
                send(outgoing, {"report": reports[-1].to_plain()})
            except ChannelClosed:
                return reports


def _receive(incoming: BinaryIO, *names: str) -> list[Any]:
    """The named parts of the next message."""
    message = receive(incoming)
    if not isinstance(message, dict) or set(message) != set(names):
        raise PlainDataError(f"A message with {' and '.join(names)} was due, and another came.")
    return [message[name] for name in names]


class LocalHearing:
    """One check in front of the judge of this process."""

    def __init__(self, verdict: Verdict, cases: list[Case], expectations: list[Any], reveal: bool):
        self.verdict = verdict
        self.cases = cases
        self.expectations = expectations
        self.reveal = reveal
        self.attempts: list[Attempt] = []

    def next_case(self) -> dict[str, Any] | None:
        """The inputs of the next case, or None after the last."""
        done = len(self.attempts)
        return self.cases[done].inputs if done < len(self.cases) else None

    def submit(self, attempt: Attempt) -> None:
        """Takes what came of the case."""
        self.attempts.append(attempt)

    @property
    def case(self) -> str:
        """Which case is being tried, in words."""
        done = len(self.attempts)
        return f"{done + 1} of {len(self.cases)}: {self.cases[done].label}" if done < len(self.cases) else ""

    def stopped(self, where: Sequence[str]) -> Report:
        """What there is to say when the user stops the check, at these lines of the student's code."""
        return stopped_report(self.verdict, self.cases, len(self.attempts), where)

    def report(self) -> Report:
        """The verdict, after the last case."""
        return diagnose(self.verdict, self.cases, self.expectations, self.attempts, self.reveal)
