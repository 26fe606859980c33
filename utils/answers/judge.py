"""The judge: hands out the cases of a check, collects the observations, and reports."""

import functools
import importlib
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from utils.answers.answer_key import AnswerKey
from utils.answers.diagnosis import diagnose
from utils.answers.known_mistakes import KnownMistakes, known_mistakes_of
from utils.answers.stopped import stopped_report
from utils.checks.engine.cases import PUBLIC_SEED, Case
from utils.checks.engine.check import Check
from utils.checks.engine.observation import Observation
from utils.checks.engine.report import Report
from utils.weeks import WEEKS


class UnknownCheck(LookupError):
    """There is no answer key for that week and name."""


@functools.cache
def answer_keys_of(week: str) -> dict[str, AnswerKey]:
    """Returns the answer keys of a week (its folder's name), by the names of their checks.

    Raises:
        UnknownCheck: the week has none.
    """
    # The name may come from a student's process, so only the weeks' own folders may be imported.
    if week not in {each.folder for each in WEEKS} or not find_spec(f"utils.answers.{week}"):
        raise UnknownCheck(f"There are no answer keys for {week[:40]!r}.")
    module = importlib.import_module(f"utils.answers.{week}")
    known = known_mistakes_of(week)
    return {
        answer_key.check.name: _with_mistakes(answer_key, known.get(answer_key.check.name))
        for answer_key in module.ANSWER_KEYS
    }


def _with_mistakes(answer_key: AnswerKey, known: KnownMistakes | None) -> AnswerKey:
    if known is None:
        return answer_key
    return replace(answer_key, mistakes=known.mistakes, public_inputs=known.public_inputs)


def find_answer_key(week: str, check: str) -> AnswerKey:
    """Returns the answer key of one check.

    Raises:
        UnknownCheck: the week has no such check.
    """
    answer_keys = answer_keys_of(week)
    if check not in answer_keys:
        raise UnknownCheck(f"{week} has no check {check[:40]!r}; it has {', '.join(answer_keys)}.")
    return answer_keys[check]


class LocalJudge:
    """A judge that runs in the current process.

    Args:
        seed: The seed from which cases are drawn.
        reveal: False if reports must not show the cases.
    """

    def __init__(self, seed: int = PUBLIC_SEED, reveal: bool = True):
        self.seed = seed
        self.reveal = reveal
        self._prepared: dict[tuple[str, str], tuple[list[Case], list[Any]]] = {}

    def open(self, check: Check) -> "LocalCheckRun":
        """Starts a run of a check."""
        return self.open_named(check.week, check.name)

    def open_named(self, week: str, check: str) -> "LocalCheckRun":
        """Starts a run of the check of that week and name.

        Raises:
            UnknownCheck: there is no such check.
        """
        answer_key = find_answer_key(week, check)
        key = (week, check)
        if key not in self._prepared:  # kept, since a student runs the same check many times
            cases = answer_key.check.draw_cases(self.seed)
            if not self.reveal:  # the answers to the public cases may be stored in their order
                random.Random(self.seed).shuffle(cases)
            self._prepared[key] = cases, answer_key.expectations(cases)
        return LocalCheckRun(answer_key, *self._prepared[key], reveal=self.reveal)


class LocalCheckRun:
    """One run of a check under the judge of the current process."""

    def __init__(self, answer_key: AnswerKey, cases: list[Case], expectations: list[Any], reveal: bool):
        self.answer_key = answer_key
        self.cases = cases
        self.expectations = expectations
        self.reveal = reveal
        self.observations: list[Observation] = []
        self.seconds: list[float] = []
        """How long each case took, from being handed out to its observation."""
        self._handed_out = 0.0

    def next_case(self) -> dict[str, Any] | None:
        """Returns the inputs of the next case, or None after the last."""
        done = len(self.observations)
        self._handed_out = time.perf_counter()
        return self.cases[done].inputs if done < len(self.cases) else None

    def submit(self, observation: Observation) -> None:
        """Records the observation of the current case."""
        self.seconds.append(time.perf_counter() - self._handed_out)
        self.observations.append(observation)

    @property
    def case(self) -> str:
        """The current case's number and label, or an empty string after the last."""
        done = len(self.observations)
        return f"{done + 1} of {len(self.cases)}: {self.cases[done].label}" if done < len(self.cases) else ""

    def stopped(self, where: Sequence[str]) -> Report:
        """Returns the report if the user interrupts the check, at these lines of the student's code."""
        return stopped_report(self.answer_key, self.cases, len(self.observations), where)

    def report(self) -> Report:
        """Returns the report; to be called after the last case."""
        return diagnose(self.answer_key, self.cases, self.expectations, self.observations, self.reveal)
