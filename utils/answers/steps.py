"""The official solution's steps on the public cases, and the failed case that a trace explains."""

import functools
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import FLOAT32, Tolerance, difference
from utils.answers.fingerprint import of_value
from utils.checks.engine.cases import Case
from utils.checks.engine.observation import Observation, copied
from utils.checks.trace.explain import FailedCase, OtherCase
from utils.checks.trace.steps import CaseSteps

if TYPE_CHECKING:
    from utils.answers.judge import LocalCheckRun

FILE = "steps.json"
"""The file in a week's folder, which `course build` makes. It holds names and numbers, no code."""
_KINDS = {"values", "shape", "structure", "nan"}
"""The differences that a trace can explain: not a wrong type, for one."""
_MAX_SECONDS = 0.5
"""How long the student's code may have taken on a case: traced, it takes up to three times as long."""
_MAX_OTHERS = 6
_MAX_MORE = 2
"""How many more failed cases are tried where the first says nothing: of a smaller one more is stored."""
_SAME = Tolerance(1e-6, 1e-9, "the same code on the same inputs, at most with other threads")


@functools.lru_cache(maxsize=2)
def _steps_of(week: str) -> dict[str, Any]:
    try:
        return json.loads((Path(__file__).parent / week / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a copy of the course without the file has no traces
        return {}


def case_steps(week: str, check: str, number: int, inputs: dict[str, Any]) -> CaseSteps | None:
    """Returns the steps of a public case; None if there are none, or its inputs are other ones.

    Args:
        number: The case's, counted from 0.
        inputs: The case's. They may depend on the reference model, which is not the same everywhere.
    """
    cases: Sequence[dict[str, Any] | None] = _steps_of(week).get(check, {}).get("cases", [])
    stored = cases[number] if number < len(cases) else None
    if stored is None:
        return None
    mine = of_value(inputs, FLOAT32)
    return CaseSteps.from_plain(stored) if mine and mine.agrees_with(stored["inputs"]) else None


def failed_case(check_run: Any) -> FailedCase | None:
    """Returns the first public case that failed on values or shape and whose steps are known, with more.

    Args:
        check_run: A run of a check. There is a case only if its judge is in this process and its cases are
            public.
    """
    if not getattr(check_run, "reveal", False) or check_run.answer_key.secret:
        return None
    found = list(itertools.islice(_failed_cases(check_run), 1 + _MAX_MORE))
    return replace(found[0], more=tuple(found[1:])) if found else None


def _failed_cases(check_run: "LocalCheckRun") -> Iterator[FailedCase]:
    answer_key = check_run.answer_key
    for number, observation in enumerate(check_run.observations):
        case, expected = check_run.cases[number], check_run.expectations[number]
        slow = check_run.seconds[number] > _MAX_SECONDS
        if observation.error or slow or not _fails(check_run, number):
            continue
        steps = case_steps(answer_key.check.week, answer_key.check.name, number, case.inputs)
        if steps is not None:
            yield _failed_case(check_run, number, observation, expected, steps)


def _fails(check_run: "LocalCheckRun", number: int) -> bool:
    answer_key = check_run.answer_key
    output = answer_key.normalised(check_run.observations[number].output, check_run.cases[number].inputs)
    found = difference(check_run.expectations[number], output, answer_key.tolerance)
    return found is not None and found.kind in _KINDS


def _failed_case(
    check_run: "LocalCheckRun", number: int, observation: Observation, expected: Any, steps: CaseSteps
) -> FailedCase:
    answer_key, case = check_run.answer_key, check_run.cases[number]

    others = [
        place for place, seconds in enumerate(check_run.seconds) if place != number and seconds < _MAX_SECONDS
    ]
    return FailedCase(
        run=answer_key.check.run,
        inputs=lambda: copied(case.inputs),
        steps=steps,
        same_output=lambda output: difference(observation.output, output, _SAME) is None,
        is_right=_right(answer_key, case, expected),
        others=tuple(_other_case(check_run, place) for place in others[:_MAX_OTHERS]),
        label=case.label,
        reference=answer_key.reference,
    )


def _other_case(check_run: "LocalCheckRun", number: int) -> OtherCase:
    case, expected = check_run.cases[number], check_run.expectations[number]
    return OtherCase(lambda: copied(case.inputs), _right(check_run.answer_key, case, expected))


def _right(answer_key: AnswerKey, case: Case, expected: Any) -> Callable[[Any], bool]:
    def is_right(output: Any) -> bool:
        normalised = answer_key.normalised(output, case.inputs)
        return difference(expected, normalised, answer_key.tolerance) is None

    return is_right
