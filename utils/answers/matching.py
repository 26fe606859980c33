"""Recognises a student's mistake: finds the known mistake that gives the same results."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import FLOAT32
from utils.answers.fingerprint import (
    Fingerprint,
    alternatives,
    device_digest,
    of_error,
    of_value,
    stored_form,
)
from utils.answers.short_iteration import ShortIteration
from utils.checks.engine.cases import Case
from utils.checks.engine.observation import Observation

WITHHELD = "Call this check in your own notebook: there it says why."
"""Replaces the message of a check that could not use its input, where the inputs stay hidden."""

_NEARER = 3
"""A mistake explains a result that is at least this many times as near to it as to the right one. Where only
rounding differs, it is a thousand times as near; where tokens are drawn at random, a few times.
"""


@dataclass(frozen=True)
class MistakeMatch:
    """A known mistake that explains the observations."""

    mistake: Mistake
    everywhere: bool
    """True if it explains every case. False if it explains the case that the report shows while other cases
    failed in other ways, as with two mistakes at once.
    """

    @property
    def name(self) -> str:
        """The mistake's name, as a class's table of mistakes shows it."""
        return self.mistake.name if self.everywhere else f"{self.mistake.name} (in part)"

    @property
    def explanation(self) -> str:
        """A sentence for the student that says what is wrong."""
        text = self.mistake.explanation
        return text if self.everywhere else f"seen in this case: {text}"


def find_mistake(
    answer_key: AnswerKey,
    cases: Sequence[Case],
    observations: Sequence[Observation],
    shown: int | None,
    failed: Mapping[int, Any],
) -> MistakeMatch | None:
    """Returns the known mistake that explains every case, else one that explains case number `shown` alone,
    else None.

    Args:
        shown: None if no case is shown, as with hidden ones. An explanation of only one case among many,
            which the student does not even see, is more often wrong than right.
        failed: The expected values of the cases that failed, by number. A mistake that fails one of the other
            cases is not the student's.
    """
    results = [
        _Result(answer_key, case, observation, failed.get(number))
        for number, (case, observation) in enumerate(zip(cases, observations, strict=True))
    ]
    right = [number for number in range(len(cases)) if number not in failed]
    other_device = any(observation.device != "cpu" for observation in observations)
    for devices_count in (True, False) if other_device else (True,):
        if found := _nearest(answer_key.mistakes, results, right, devices_count):
            return MistakeMatch(found, everywhere=True)
    if shown is None or observations[shown].error:  # many mistakes raise the same error
        return None
    some_results = [results[shown], *(results[place] for place in right if place != shown)]
    found = _nearest(answer_key.mistakes, some_results, range(1, len(some_results)), devices_count=False)
    return MistakeMatch(found, everywhere=len(cases) == 1) if found else None


def _nearest(
    mistakes: Sequence[Mistake],
    results: Sequence["_Result"],
    right: Collection[int],
    devices_count: bool,
) -> Mistake | None:
    """Returns the mistake whose results are nearest to these among those that explain them, if there is one.

    Where a check's tolerance is wide, as for the frequencies of drawn tokens, several may explain them. None
    does where the right results are about as near: π as 3.14 in a GELU is no other kind of GELU.
    """
    distances = [_distance(each, results, right, devices_count) for each in mistakes]
    nearest = min(range(len(mistakes)), key=distances.__getitem__, default=None)
    if nearest is None or distances[nearest] > 1:
        return None
    found = mistakes[nearest]
    compared = [each for number, each in enumerate(results) if number not in right]
    from_right = max(each.distance_from_right for each in compared if each.can_be_compared_with(found))
    return found if _NEARER * distances[nearest] <= from_right else None


def _distance(
    mistake: Mistake, results: Sequence["_Result"], right: Collection[int], devices_count: bool
) -> float:
    """Returns the largest distance over all cases that can be compared, one of which failed; or infinity."""
    compared = [number for number, each in enumerate(results) if each.can_be_compared_with(mistake)]
    if set(right).issuperset(compared):
        return math.inf
    largest = 0.0
    for number in compared:
        largest = max(largest, results[number].distance_from(mistake, devices_count))
        if largest > 1:
            break
    return largest


class _Result:
    """The result of the student's code on one case, to be compared with that of known mistakes and, where it
    is wrong, with what is expected.
    """

    def __init__(self, answer_key: AnswerKey, case: Case, observation: Observation, expected: Any):
        self._answer_key, self._case, self._observation = answer_key, case, observation
        self._expected = expected

    def can_be_compared_with(self, mistake: Mistake) -> bool:
        """Returns True if the mistake's result on this case is known."""
        return self._place is not None and bool(mistake.results[self._place])

    def distance_from(self, mistake: Mistake, devices_count: bool) -> float:
        """Returns the distance between this result's fingerprint and that of the mistake on this case."""
        device = self._observation.device
        if devices_count and device != "cpu" and mistake.device != device_digest(device):
            return math.inf
        assert self._place is not None
        stored, error = mistake.results[self._place], self._observation.error
        if error and error.message == WITHHELD:
            return 0.0 if stored.startswith("!") else math.inf
        return min((each.distance_from(stored) for each in self._fingerprints), default=math.inf)

    @cached_property
    def distance_from_right(self) -> float:
        """The distance between this result's fingerprint and that of the expected value."""
        if self._observation.error:
            return math.inf
        expected = of_value(stored_form(self._expected), self._answer_key.tolerance)
        stored = str(expected) if expected else ""
        return min((each.distance_from(stored) for each in self._fingerprints if stored), default=math.inf)

    @cached_property
    def _place(self) -> int | None:
        """The number of the public case with these inputs, or None if there is none."""
        inputs = of_value(self._case.inputs, FLOAT32)
        stored = enumerate(self._answer_key.public_inputs)
        return next((place for place, each in stored if inputs and inputs.agrees_with(each)), None)

    @cached_property
    def _fingerprints(self) -> list[Fingerprint]:
        observation, answer_key = self._observation, self._answer_key
        if observation.error:
            return [of_error(observation.error)]
        output = answer_key.normalised(observation.output, self._case.inputs)
        try:
            with ShortIteration():
                if of_value(output, answer_key.tolerance) is None:
                    return []
                found = (of_value(each, answer_key.tolerance) for each in alternatives(output))
                return [each for each in found if each]
        except Exception:  # such as a whole number with more digits than Python writes: no mistake gives it
            return []
