"""Recognises a student's mistake: finds the known wrong implementation with the same results."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from torch import Tensor

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import same
from utils.checks.engine.cases import Case
from utils.checks.engine.observation import Observation, tensors
from utils.checks.engine.student_error import StudentError

WITHHELD = "Call this check in your own notebook: there it says why."
"""Replaces the message of a check that could not use its input, where the inputs stay hidden."""

_MAX_KEPT_BYTES = 2**16
"""The largest output of a mistake that is kept for the next comparison."""
_Key = tuple[Mistake, Callable[..., Any], bool]
_kept: WeakKeyDictionary[Case, dict[_Key, Observation]] = WeakKeyDictionary()
"""The results of known mistakes on each case that exists: a class makes the same mistakes again and again."""


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
    right: Collection[int] = (),
) -> MistakeMatch | None:
    """Returns the first known mistake that explains every case, else the first that explains case number
    `shown` alone, else None.

    Args:
        shown: None if no case is shown, as with hidden ones. An explanation of only one case among many,
            which the student does not even see, is more often wrong than right.
        right: The numbers of the cases that passed: a mistake that fails one of them is not the student's.
    """
    other_device = any(observation.device != "cpu" for observation in observations)
    for devices_count in (True, False) if other_device else (True,):
        for mistake in answer_key.mistakes:
            if _explains(answer_key, mistake, cases, observations, devices_count):
                return MistakeMatch(mistake, everywhere=True)
    if shown is None or observations[shown].error:  # many mistakes raise the same error
        return None
    places = (shown, *(place for place in right if place != shown))
    some_cases = [cases[place] for place in places]
    some_observations = [observations[place] for place in places]
    for mistake in answer_key.mistakes:
        if _explains(answer_key, mistake, some_cases, some_observations, devices_count=False):
            return MistakeMatch(mistake, everywhere=len(cases) == 1)
    return None


def _explains(
    answer_key: AnswerKey,
    mistake: Mistake,
    cases: Sequence[Case],
    observations: Sequence[Observation],
    devices_count: bool,
) -> bool:
    """Returns True if the mistake gives the observed result in each of the cases."""
    for case, observation in zip(cases, observations, strict=True):
        first = devices_count and observation.device != "cpu"
        of_mistake = _observation_of(answer_key, mistake, case, first)
        if not _same_result(answer_key, of_mistake, observation, case, devices_count):
            return False
    return True


def _observation_of(answer_key: AnswerKey, mistake: Mistake, case: Case, first: bool) -> Observation:
    """Returns a mistake's observation on a case. Every call starts from the same state, so it is kept."""
    kept = _kept.setdefault(case, {})
    key = (mistake, answer_key.check.run, first)
    if key in kept:
        return kept[key]
    observation = answer_key.check.observe(mistake.wrong, case.inputs, first=first)
    if sum(map(_bytes, tensors(observation.output))) <= _MAX_KEPT_BYTES:
        kept[key] = observation
    return observation


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _same_result(
    answer_key: AnswerKey, one: Observation, other: Observation, case: Case, devices_count: bool
) -> bool:
    """Returns True if two observations of a case have the same error, or equal outputs."""
    if one.error or other.error:
        return bool(one.error and other.error and _same_error(one.error, other.error))
    if devices_count and one.device != other.device:
        return False
    first, second = (answer_key.normalised(each.output, case.inputs) for each in (one, other))
    return same(first, second, answer_key.tolerance)


def _same_error(one: StudentError, other: StudentError) -> bool:
    if WITHHELD in (one.message, other.message):
        return one.type_name == other.type_name
    return one.kind == other.kind
