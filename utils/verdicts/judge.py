"""The judge: gives out the cases of a check, takes the attempts, and reports."""

import functools
import importlib
from typing import Any, BinaryIO

from utils.checks.attempt import Attempt
from utils.checks.cases import PUBLIC_SEED, Case
from utils.checks.channel import ChannelClosed, receive, send
from utils.checks.engine import Check
from utils.checks.report import Report
from utils.verdicts.diagnosis import diagnose
from utils.verdicts.verdict import Verdict


class UnknownCheck(LookupError):
    """No verdict goes by that week and name."""


@functools.cache
def verdicts_of(week: str) -> dict[str, Verdict]:
    """The verdicts of a week (its folder's name), by the names of their checks.

    Raises:
        UnknownCheck: the week has none.
    """
    try:
        module = importlib.import_module(f"utils.verdicts.{week}")
    except ModuleNotFoundError as error:
        raise UnknownCheck(f"There are no verdicts for {week!r}.") from error
    return {verdict.check.name: verdict for verdict in module.VERDICTS}


def find_verdict(week: str, check: str) -> Verdict:
    """The verdict on one check.

    Raises:
        UnknownCheck: the week has no such check.
    """
    verdicts = verdicts_of(week)
    if check not in verdicts:
        raise UnknownCheck(f"{week} has no check {check!r}; it has {', '.join(verdicts)}.")
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
                opening = receive(incoming)
                hearing = self.open_named(str(opening["week"]), str(opening["open"]))
                while (inputs := hearing.next_case()) is not None:
                    send(outgoing, {"case": inputs})
                    hearing.submit(Attempt.from_plain(receive(incoming)["attempt"]))
            except ChannelClosed:
                return reports
            reports.append(hearing.report())
            send(outgoing, {"report": reports[-1].to_plain()})


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

    def report(self) -> Report:
        """The verdict, after the last case."""
        return diagnose(self.verdict, self.cases, self.expectations, self.attempts, self.reveal)
