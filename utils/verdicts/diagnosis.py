"""From attempts to a report: what went wrong, where, and what to do next."""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from torch import Tensor

from utils.checks.attempt import Attempt, StudentError
from utils.checks.cases import Case
from utils.checks.ready_made import ALWAYS
from utils.checks.report import Report
from utils.verdicts.compare import Difference, difference
from utils.verdicts.error_advice import error_advice
from utils.verdicts.naming import WITHHELD, find_mistake
from utils.verdicts.shown import shown_value
from utils.verdicts.verdict import Verdict

Lines = tuple[tuple[str, str], ...]
_MOST_ENTRIES = 10  # of a dict among the inputs: a state dict has dozens
_MOST_PIECES = 3  # of a list of tensors, of dicts or of lists
_NESTED = (Tensor, dict, list, tuple)
_UNKNOWN = "no single known mistake gives this: try the step alone, on an input small enough to do by hand"
_NEXT = "write it in place of `raise NotImplementedError()` in the cell above, run that cell, then this one"


@dataclass(frozen=True)
class _Failure:
    """One case that went wrong."""

    case: Case
    attempt: Attempt
    difference: Difference | None


def diagnose(
    verdict: Verdict,
    cases: Sequence[Case],
    expectations: Sequence[Any],
    attempts: Sequence[Attempt],
    reveal: bool = True,
) -> Report:
    """The report on a check's attempts, one for each case.

    `reveal` is False for hidden cases: then the report names the mistake, but no input and no expected value.
    """
    if not reveal:
        attempts = [
            _without_words(verdict, case, attempt) for case, attempt in zip(cases, attempts, strict=True)
        ]
    failures = [
        failure
        for case, expected, attempt in zip(cases, expectations, attempts, strict=True)
        if (failure := _failure(verdict, case, expected, attempt))
    ]
    effects = _side_effects(verdict, attempts, "wrong")
    headline, lines, mistake = _findings(verdict, cases, attempts, failures, effects, reveal)
    first_error = failures[0].attempt.error if failures else None
    return Report(
        week=verdict.check.week,
        check=verdict.check.name,
        passed=not failures and not effects and not _ready_made(attempts),
        cases=len(cases),
        failed=len(failures),
        headline=headline,
        lines=lines,
        mistake=mistake,
        written=first_error.written if first_error else True,
        notes=(*_side_effects(verdict, attempts, "noted"), *_noise(attempts)),
    )


def _failure(verdict: Verdict, case: Case, expected: Any, attempt: Attempt) -> _Failure | None:
    if attempt.error:
        return _Failure(case, attempt, None)
    output = verdict.settled(attempt.output, case.inputs)
    if verdict.outputs and isinstance(output, list | tuple) and len(output) == len(expected):
        expected = dict(zip(verdict.outputs, expected, strict=True))
        output = dict(zip(verdict.outputs, output, strict=True))
    found = difference(expected, output, verdict.tolerance)
    if attempt.device != "cpu" and (found is None or found.kind == "type"):
        advice = "the result belongs on the inputs' device, and so does every tensor made on the way"
        kind = found.kind if found else "device"  # the values are right, then
        found = Difference(kind, (("device", attempt.device),), advice)
    return _Failure(case, attempt, found) if found else None


def _without_words(verdict: Verdict, case: Case, attempt: Attempt) -> Attempt:
    """The attempt without any text that the student's code may have written: a warning, or what claims to be
    the name of a function, may hold an input that is to stay hidden.
    """
    error = attempt.error
    if error and error.misuse:
        error = replace(error, message=WITHHELD)
    called = [f"{name}." for name in attempt.ready_made]
    watched = (*verdict.check.forbidden, *ALWAYS)
    return replace(
        attempt,
        error=error,
        changed=tuple(name for name in case.inputs if name in attempt.changed),
        shared=tuple(name for name in case.inputs if name in attempt.shared),
        ready_made=tuple(name for name in watched if any(each.startswith(f"{name}.") for each in called)),
        noise=(),
    )


def _findings(
    verdict: Verdict,
    cases: Sequence[Case],
    attempts: Sequence[Attempt],
    failures: Sequence[_Failure],
    effects: Sequence[str],
    reveal: bool,
) -> tuple[str, Lines, str | None]:
    """The headline, the lines and the mistake's name."""
    if failures and failures[0].attempt.error and not failures[0].attempt.error.written:
        return "not written yet", (("question", verdict.check.question), ("next", _NEXT)), None
    if ready_made := _ready_made(attempts):
        named = ", ".join(ready_made).replace("torch.Tensor.matmul", "torch.Tensor.matmul (@)")
        text = f"this exercise asks you to write what {named} does"
        return f"calls {named}", (("next", text),), f"uses {named}"
    if failures:
        return _explain(verdict, cases, attempts, failures, reveal)
    if effects:
        return "right values, with a side effect", tuple(("mistake", text) for text in effects), effects[0]
    return f"{len(cases)} of {len(cases)} cases equal {verdict.reference}", (), None


def _explain(
    verdict: Verdict,
    cases: Sequence[Case],
    attempts: Sequence[Attempt],
    failures: Sequence[_Failure],
    reveal: bool,
) -> tuple[str, Lines, str | None]:
    shown = _most_telling(verdict, failures)
    error = shown.attempt.error
    if error and error.misuse:
        return "cannot be checked", (("next", error.message),), None
    headline = _headline(verdict, cases, failures)
    lines = _shown(verdict, shown, failures) if reveal else _hinted(error)
    if verdict.secret and not error:
        cases, attempts = [shown.case], [shown.attempt]
        if shown.attempt.output is None:  # a row that is still empty is no mistake
            return headline, lines, None
    place = next(i for i, case in enumerate(cases) if case is shown.case) if reveal else None
    wrong = [failure.case for failure in failures]
    right = [place for place, case in enumerate(cases) if not any(case is each for each in wrong)]
    found = find_mistake(verdict, cases, attempts, place, right)
    if found:
        return headline, (*lines, ("mistake", found.says), ("look at", found.mistake.look_at)), found.name
    return headline, (*lines, ("look at", _advice(shown, reveal))), None


def _most_telling(verdict: Verdict, failures: Sequence[_Failure]) -> _Failure:
    """The failure to show: the first, but rather wrong values than a wrong device, and rather a row that the
    student has filled in than an empty one.
    """

    def tells_little(failure: _Failure) -> bool:
        kind = failure.difference.kind if failure.difference else ""
        return kind == "device" or (verdict.secret and kind == "nothing")

    return min(failures, key=tells_little)


def _advice(shown: _Failure, reveal: bool) -> str:
    if shown.difference and shown.difference.advice:
        return shown.difference.advice
    if not reveal:
        return "other sizes and other values than those that the check in your notebook tries"
    if shown.attempt.error:
        return error_advice(shown.attempt.error)
    return _UNKNOWN


def _headline(verdict: Verdict, cases: Sequence[Case], failures: Sequence[_Failure]) -> str:
    if all(failure.difference and failure.difference.kind == "device" for failure in failures):
        return "right values, but not on every device"
    share = f"{len(failures)} of {len(cases)} cases"
    errors = sum(failure.attempt.error is not None for failure in failures)
    if errors and errors < len(failures):
        return f"{share} go wrong, {errors} of them with an error"
    return f"{share} end in an error" if errors else f"{share} differ from {verdict.reference}"


def _shown(verdict: Verdict, shown: _Failure, failures: Sequence[_Failure]) -> Lines:
    """What went wrong, with its case; of a table to fill in, every row that is not right yet."""
    if shown.attempt.error:
        return ("case", shown.case.label), *_error_lines(verdict, shown.case, shown.attempt.error)
    if verdict.secret:
        return _rows(failures)
    return ("case", shown.case.label), *shown.difference.lines


def _rows(failures: Sequence[_Failure]) -> Lines:
    empty = [failure.case.label for failure in failures if failure.attempt.output is None]
    wrong = [
        f"{failure.case.label}; you wrote {shown_value(failure.attempt.output)}"
        for failure in failures
        if failure.attempt.output is not None
    ]
    lines = (("not yet right", "\n".join(wrong)), ("still None", "\n".join(empty)))
    return tuple((label, text) for label, text in lines if text)


def _hinted(error: StudentError | None) -> Lines:
    """What may be said of a failure in a hidden case: an error's type, unless the student made that too."""
    if error is None:
        return ()
    return (("error", error.type_name if hasattr(builtins, error.type_name) else "an error of your own"),)


def _error_lines(verdict: Verdict, case: Case, error: StudentError) -> Lines:
    where = "\n".join(error.where) or "(raised before your own code began)"
    return (
        ("question", verdict.check.question),
        ("inputs", describe_inputs(case.inputs)),
        ("where", where),
        ("error", f"{error.type_name}: {error.message}" if error.message else error.type_name),
    )


def describe_inputs(inputs: dict[str, Any]) -> str:
    """The inputs' names with their shapes: `scores (2, 3, 5, 5) · d_head 4`."""
    return " · ".join(f"{name} {_describe(value)}" for name, value in inputs.items())


def _describe(value: Any) -> str:
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    if isinstance(value, dict):
        shown = dict(islice(value.items(), _MOST_ENTRIES))
        more = f" · … {len(value) - len(shown)} more" if len(value) > len(shown) else ""
        return "{" + describe_inputs(shown) + more + "}"
    if isinstance(value, list | tuple) and any(isinstance(each, _NESTED) for each in value):
        shown = ", ".join(_describe(each) for each in value[:_MOST_PIECES])
        more = f", … {len(value) - _MOST_PIECES} more" if len(value) > _MOST_PIECES else ""
        return f"[{shown}{more}]"
    return repr(value)[:40]


def _ready_made(attempts: Sequence[Attempt]) -> list[str]:
    return list(dict.fromkeys(name for attempt in attempts for name in attempt.ready_made))


def _side_effects(verdict: Verdict, attempts: Sequence[Attempt], policy: str) -> tuple[str, ...]:
    check = verdict.check
    changed = sorted({name for attempt in attempts for name in attempt.changed})
    shared = sorted({name for attempt in attempts for name in attempt.shared} - set(changed))
    texts = []
    if changed and check.changes_inputs == policy:
        texts.append(f"changes its input {', '.join(changed)} in place: the caller's tensor is different now")
    if shared and check.shares_memory == policy:
        texts.append(f"its result shares memory with {', '.join(shared)}: a change of one changes the other")
    if any(attempt.random_state for attempt in attempts) and check.random_state == policy:
        texts.append("moves the global random state: the next random numbers of the notebook are others")
    return tuple(texts)


def _noise(attempts: Sequence[Attempt]) -> list[str]:
    return list(dict.fromkeys(line for attempt in attempts for line in attempt.noise))[:3]
