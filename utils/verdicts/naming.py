"""Naming a mistake: which known wrong implementation gives just what the student's code gave."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from utils.checks.attempt import Attempt
from utils.checks.cases import Case
from utils.checks.student_error import StudentError
from utils.verdicts.compare import same
from utils.verdicts.verdict import Mistake, Verdict

WITHHELD = "Call this check in your own notebook: there it says why."
"""Stands for the message of a check that could not use what it was given, where inputs are to stay hidden."""


@dataclass(frozen=True)
class Finding:
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
    verdict: Verdict,
    cases: Sequence[Case],
    attempts: Sequence[Attempt],
    shown: int | None,
    right: Collection[int] = (),
) -> Finding | None:
    """The first known mistake that explains every case; else one that explains case number `shown`, where
    others went wrong in other ways.

    Args:
        shown: None where no case is shown, as with hidden ones: what explains one case in many, and not the
            one that the student sees, is more often wrong than right.
        right: The numbers of the cases that went well: a mistake that spoils one is not the student's.
    """
    elsewhere = any(attempt.device != "cpu" for attempt in attempts)
    for devices_count in (True, False) if elsewhere else (True,):
        for mistake in verdict.mistakes:
            if _explains(verdict, mistake, cases, attempts, devices_count):
                return Finding(mistake, everywhere=True)
    if shown is None or attempts[shown].error:  # many mistakes end in one and the same error
        return None
    places = (shown, *(place for place in right if place != shown))
    some_cases, some_attempts = [cases[place] for place in places], [attempts[place] for place in places]
    for mistake in verdict.mistakes:
        if _explains(verdict, mistake, some_cases, some_attempts, devices_count=False):
            return Finding(mistake, everywhere=len(cases) == 1)
    return None


def _explains(
    verdict: Verdict,
    mistake: Mistake,
    cases: Sequence[Case],
    attempts: Sequence[Attempt],
    devices_count: bool,
) -> bool:
    return all(
        _alike(
            verdict,
            verdict.check.attempt(
                mistake.wrong, case.inputs, first=devices_count and attempt.device != "cpu"
            ),
            attempt,
            case,
            devices_count,
        )
        for case, attempt in zip(cases, attempts, strict=True)
    )


def _alike(verdict: Verdict, one: Attempt, other: Attempt, case: Case, devices_count: bool) -> bool:
    """Whether two attempts at a case give the same error, or the same output within the tolerance."""
    if one.error or other.error:
        return bool(one.error and other.error) and _same_kind(one.error, other.error)
    if devices_count and one.device != other.device:
        return False
    outputs = (verdict.settled(attempt.output, case.inputs) for attempt in (one, other))
    return same(*outputs, verdict.tolerance)


def _same_kind(one: StudentError, other: StudentError) -> bool:
    if WITHHELD in (one.message, other.message):
        return one.type_name == other.type_name
    return one.kind == other.kind
