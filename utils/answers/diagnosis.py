"""Turns the observations of a check into a report: what went wrong, where, and what to look at next."""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from torch import Tensor

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Difference, difference
from utils.answers.error_advice import error_advice
from utils.answers.matching import WITHHELD, find_mistake
from utils.answers.shown import shown_value
from utils.checks.engine.cases import Case
from utils.checks.engine.observation import Observation, StudentError
from utils.checks.engine.report import NOT_WRITTEN, Report
from utils.checks.watch.forbidden_calls import ALWAYS

Lines = tuple[tuple[str, str], ...]
_MAX_ENTRIES = 10  # of a dict among the inputs: a state dict has dozens
_MAX_ITEMS = 3  # of a list of tensors, dicts or lists
_MAX_NOISE = 3  # warnings
_NESTED = (Tensor, dict, list, tuple)
_UNKNOWN = "no known mistake gives this: run it line by line on an input small enough to compute by hand"
_UNKNOWN_ROW = "which axes go into that step, and which of them does it keep?"
_NEXT = "write it in place of `raise NotImplementedError()` in the cell above, run that cell, then this one"


@dataclass(frozen=True)
class _Failure:
    """One case that failed."""

    case: Case
    observation: Observation
    expected: Any
    difference: Difference | None
    """None if the observation has an error."""


def diagnose(
    answer_key: AnswerKey,
    cases: Sequence[Case],
    expectations: Sequence[Any],
    observations: Sequence[Observation],
    reveal: bool = True,
) -> Report:
    """Returns the report on a check's observations, one for each case.

    `reveal` is False for hidden cases: then the report names the mistake, but no input and no expected value.
    """
    if not reveal:
        observations = [
            _without_student_text(answer_key, case, observation)
            for case, observation in zip(cases, observations, strict=True)
        ]
    failures = [
        failure
        for case, expected, observation in zip(cases, expectations, observations, strict=True)
        if (failure := _failure(answer_key, case, expected, observation))
    ]
    effects = _side_effects(answer_key, observations, "wrong")
    headline, lines, mistake = _findings(answer_key, cases, observations, failures, effects, reveal)
    first_error = failures[0].observation.error if failures else None
    return Report(
        week=answer_key.check.week,
        check=answer_key.check.name,
        passed=not failures and not effects and not _ready_made(observations),
        cases=len(cases),
        failed=len(failures),
        headline=headline,
        lines=lines,
        mistake=mistake,
        written=first_error.written if first_error else True,
        notes=(*_side_effects(answer_key, observations, "noted"), *_noise(observations)),
    )


def _failure(answer_key: AnswerKey, case: Case, expected: Any, observation: Observation) -> _Failure | None:
    if observation.error:
        return _Failure(case, observation, expected, None)
    right, output = expected, answer_key.normalised(observation.output, case.inputs)
    if answer_key.outputs and isinstance(output, list | tuple) and len(output) == len(expected):
        expected = dict(zip(answer_key.outputs, expected, strict=True))
        output = dict(zip(answer_key.outputs, output, strict=True))
    found = difference(expected, output, answer_key.tolerance)
    if observation.device != "cpu" and (found is None or found.kind == "type"):
        advice = "the result belongs on the inputs' device, and so does every tensor made on the way"
        kind = found.kind if found else "device"  # "device" means that the values are right
        found = Difference(kind, (("device", observation.device),), advice)
    return _Failure(case, observation, right, found) if found else None


def _without_student_text(answer_key: AnswerKey, case: Case, observation: Observation) -> Observation:
    """Returns the observation without any text that the student's code may have written.

    Such a text, a warning or a forged function name, may contain a hidden input.
    """
    error = observation.error
    if error and error.misuse:
        error = replace(error, message=WITHHELD)
    called = [f"{name}." for name in observation.ready_made]
    watched = (*answer_key.check.forbidden, *ALWAYS)
    return replace(
        observation,
        error=error,
        changed=tuple(name for name in case.inputs if name in observation.changed),
        shared=tuple(name for name in case.inputs if name in observation.shared),
        ready_made=tuple(name for name in watched if any(each.startswith(f"{name}.") for each in called)),
        noise=(),
    )


def _findings(
    answer_key: AnswerKey,
    cases: Sequence[Case],
    observations: Sequence[Observation],
    failures: Sequence[_Failure],
    effects: Sequence[str],
    reveal: bool,
) -> tuple[str, Lines, str | None]:
    """Returns the headline, the lines and the mistake's name."""
    if failures and failures[0].observation.error and not failures[0].observation.error.written:
        return NOT_WRITTEN, (("question", answer_key.check.question), ("next", _NEXT)), None
    if ready_made := _ready_made(observations):
        named = ", ".join(ready_made).replace("torch.Tensor.matmul", "torch.Tensor.matmul (@)")
        text = f"this exercise asks you to write what {named} does"
        return f"calls {named}", (("next", text),), f"uses {named}"
    if failures:
        return _failure_findings(answer_key, cases, observations, failures, reveal)
    if effects:
        return "right values, with a side effect", tuple(("mistake", text) for text in effects), effects[0]
    return f"{len(cases)} of {len(cases)} cases equal {answer_key.reference}", (), None


def _failure_findings(
    answer_key: AnswerKey,
    cases: Sequence[Case],
    observations: Sequence[Observation],
    failures: Sequence[_Failure],
    reveal: bool,
) -> tuple[str, Lines, str | None]:
    """Returns the headline, the lines and the mistake's name where some case failed."""
    shown = _failure_to_show(answer_key, failures)
    error = shown.observation.error
    if error and error.misuse:
        return "cannot be checked", (("next", error.message),), None
    headline = _headline(answer_key, cases, failures)
    lines = _failure_lines(answer_key, shown, failures) if reveal else _hidden_case_lines(error)
    if answer_key.secret and not error:
        cases, observations = [shown.case], [shown.observation]
        if shown.observation.output is None:  # a row that is still empty is not a mistake
            return headline, lines, None
    place = next(i for i, case in enumerate(cases) if case is shown.case) if reveal else None
    expected = {id(failure.case): failure.expected for failure in failures}
    failed = {place: expected[id(case)] for place, case in enumerate(cases) if id(case) in expected}
    found = find_mistake(answer_key, cases, observations, place, failed)
    if found:
        return (
            headline,
            (*lines, ("mistake", found.explanation), ("look at", found.mistake.look_at)),
            found.name,
        )
    advice = _advice(shown, reveal) or _unknown(answer_key, len(cases), len(failures))
    return headline, (*lines, ("look at", advice)), None


def _failure_to_show(answer_key: AnswerKey, failures: Sequence[_Failure]) -> _Failure:
    """Returns the failure to show: the first, but wrong values before a wrong device, and rows that the
    student has filled in before empty ones.
    """

    def is_last_resort(failure: _Failure) -> bool:
        kind = failure.difference.kind if failure.difference else ""
        return kind == "device" or (answer_key.secret and kind == "nothing")

    return min(failures, key=is_last_resort)


def _advice(shown: _Failure, reveal: bool) -> str:
    if shown.difference and shown.difference.advice:
        return shown.difference.advice
    if not reveal:
        return "other sizes and other values than those that the check in your notebook tries"
    if shown.observation.error:
        return error_advice(shown.observation.error)
    return ""


def _unknown(answer_key: AnswerKey, cases: int, failed: int) -> str:
    """Returns where to look if neither a known mistake nor the kind of difference says it."""
    if answer_key.secret:
        return _UNKNOWN_ROW
    if 2 * failed < cases:
        return (
            f"{cases - failed} of {cases} cases are right: how does the input of this one differ from others?"
        )
    return _UNKNOWN


def _headline(answer_key: AnswerKey, cases: Sequence[Case], failures: Sequence[_Failure]) -> str:
    if all(failure.difference and failure.difference.kind == "device" for failure in failures):
        return "right values, but not on every device"
    share = f"{len(failures)} of {len(cases)} cases"
    errors = sum(failure.observation.error is not None for failure in failures)
    if errors and errors < len(failures):
        return f"{share} go wrong, {errors} of them with an error"
    one = len(failures) == 1
    if errors:
        return f"{share} {'ends' if one else 'end'} in an error"
    return f"{share} {'differs' if one else 'differ'} from {answer_key.reference}"


def _failure_lines(answer_key: AnswerKey, shown: _Failure, failures: Sequence[_Failure]) -> Lines:
    """Returns the lines on the failure to show, or for a table to fill in, on all rows not yet right."""
    if shown.observation.error:
        return ("case", shown.case.label), *_error_lines(answer_key, shown.case, shown.observation.error)
    if answer_key.secret:
        return _row_lines(failures)
    assert shown.difference is not None  # a failure has an error or a difference
    return ("case", shown.case.label), *shown.difference.lines


def _row_lines(failures: Sequence[_Failure]) -> Lines:
    empty = [failure.case.label for failure in failures if failure.observation.output is None]
    wrong = [
        f"{failure.case.label}; you wrote {shown_value(failure.observation.output)}"
        for failure in failures
        if failure.observation.output is not None
    ]
    lines = (("not yet right", "\n".join(wrong)), ("still None", "\n".join(empty)))
    return tuple((label, text) for label, text in lines if text)


def _hidden_case_lines(error: StudentError | None) -> Lines:
    """Returns the lines that may be shown on a hidden case: the error's type, if it is one of Python's own,
    since a student's own exception may carry a hidden input in its name.
    """
    if error is None:
        return ()
    return (("error", error.type_name if hasattr(builtins, error.type_name) else "an error of your own"),)


def _error_lines(answer_key: AnswerKey, case: Case, error: StudentError) -> Lines:
    where = "\n".join(error.where) or "(raised before your own code began)"
    return (
        ("question", answer_key.check.question),
        ("inputs", describe_inputs(case.inputs)),
        ("where", where),
        ("error", f"{error.type_name}: {error.message}" if error.message else error.type_name),
    )


def describe_inputs(inputs: dict[str, Any]) -> str:
    """Returns the inputs' names with their shapes: `scores (2, 3, 5, 5) · d_head 4`."""
    return " · ".join(f"{name} {_describe(value)}" for name, value in inputs.items())


def _describe(value: Any) -> str:
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    if isinstance(value, dict):
        first = dict(islice(value.items(), _MAX_ENTRIES))
        more = f" · … {len(value) - len(first)} more" if len(value) > len(first) else ""
        return "{" + describe_inputs(first) + more + "}"
    if isinstance(value, list | tuple) and any(isinstance(each, _NESTED) for each in value):
        items = ", ".join(_describe(each) for each in value[:_MAX_ITEMS])
        more = f", … {len(value) - _MAX_ITEMS} more" if len(value) > _MAX_ITEMS else ""
        return f"[{items}{more}]"
    return repr(value)[:40]


def _ready_made(observations: Sequence[Observation]) -> list[str]:
    return list(dict.fromkeys(name for observation in observations for name in observation.ready_made))


def _side_effects(answer_key: AnswerKey, observations: Sequence[Observation], policy: str) -> tuple[str, ...]:
    check = answer_key.check
    changed = sorted({name for observation in observations for name in observation.changed})
    shared = sorted({name for observation in observations for name in observation.shared} - set(changed))
    texts = []
    if changed and check.changes_inputs == policy:
        texts.append(f"changes its input {', '.join(changed)} in place: the caller's tensor is different now")
    if shared and check.shares_memory == policy:
        texts.append(f"its result shares memory with {', '.join(shared)}: a change of one changes the other")
    if any(observation.random_state for observation in observations) and check.random_state == policy:
        texts.append("moves the global random state: the next random numbers of the notebook are others")
    return tuple(texts)


def _noise(observations: Sequence[Observation]) -> list[str]:
    return list(dict.fromkeys(line for observation in observations for line in observation.noise))[
        :_MAX_NOISE
    ]
