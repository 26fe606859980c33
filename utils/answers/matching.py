"""Naming a mistake: which known wrong implementation gives just what the student's code gave."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import same
from utils.checks.engine.cases import Case
from utils.checks.engine.observation import Observation
from utils.checks.engine.student_error import StudentError

WITHHELD = "Call this check in your own notebook: there it says why."
"""Stands for the message of a check that could not use what it was given, where inputs are to stay hidden."""


@dataclass(frozen=True)
class MistakeMatch:
    """A known mistake that explains what was seen."""

    mistake: Mistake
    everywhere: bool
    """True when it explains every case; False when it explains the case that the report shows, and other
    cases went wrong in other ways: two mistakes at once, say.
    """

    @property
    def name(self) -> str:
        """The mistake's name, as a class's table shows it."""
        return self.mistake.name if self.everywhere else f"{self.mistake.name} (in part)"

    @property
    def says(self) -> str:
        """What is wrong, in a sentence."""
        return self.mistake.says if self.everywhere else f"seen in this case: {self.mistake.says}"


def find_mistake(
    answer_key: AnswerKey,
    cases: Sequence[Case],
    observations: Sequence[Observation],
    shown: int | None,
    right: Collection[int] = (),
) -> MistakeMatch | None:
    """The first known mistake that explains every case; else one that explains case number `shown`, where
    others went wrong in other ways.

    Args:
        shown: None where no case is shown, as with hidden ones: what explains one case in many, and not the
            one that the student sees, is more often wrong than right.
        right: The numbers of the cases that went well: a mistake that spoils one is not the student's.
    """
    elsewhere = any(observation.device != "cpu" for observation in observations)
    for devices_count in (True, False) if elsewhere else (True,):
        for mistake in answer_key.mistakes:
            if _explains(answer_key, mistake, cases, observations, devices_count):
                return MistakeMatch(mistake, everywhere=True)
    if shown is None or observations[shown].error:  # many mistakes end in one and the same error
        return None
    places = (shown, *(place for place in right if place != shown))
    some_cases, some_attempts = [cases[place] for place in places], [observations[place] for place in places]
    for mistake in answer_key.mistakes:
        if _explains(answer_key, mistake, some_cases, some_attempts, devices_count=False):
            return MistakeMatch(mistake, everywhere=len(cases) == 1)
    return None


def _explains(
    answer_key: AnswerKey,
    mistake: Mistake,
    cases: Sequence[Case],
    observations: Sequence[Observation],
    devices_count: bool,
) -> bool:
    return all(
        _alike(
            answer_key,
            answer_key.check.observe(
                mistake.wrong, case.inputs, first=devices_count and observation.device != "cpu"
            ),
            observation,
            case,
            devices_count,
        )
        for case, observation in zip(cases, observations, strict=True)
    )


def _alike(
    answer_key: AnswerKey, one: Observation, other: Observation, case: Case, devices_count: bool
) -> bool:
    """Whether two attempts at a case give the same error, or the same output within the tolerance."""
    if one.error or other.error:
        return bool(one.error and other.error) and _same_kind(one.error, other.error)
    if devices_count and one.device != other.device:
        return False
    outputs = (answer_key.normalised(observation.output, case.inputs) for observation in (one, other))
    return same(*outputs, answer_key.tolerance)


def _same_kind(one: StudentError, other: StudentError) -> bool:
    if WITHHELD in (one.message, other.message):
        return one.type_name == other.type_name
    return one.kind == other.kind
