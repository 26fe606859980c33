"""Runs the trace of one failed case."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from utils.checks.engine.isolation import isolated_random_state
from utils.checks.trace import clock
from utils.checks.trace.comparison import Comparison
from utils.checks.trace.edits import Program
from utils.checks.trace.limits import TimeLimit
from utils.checks.trace.location import Location, locate, suspect_statements
from utils.checks.trace.recorder import Place, Stop
from utils.checks.trace.rerun import (
    FAILED,
    call_again,
    call_under,
    calls_without_traces,
    can_be_called_again,
)
from utils.checks.trace.safety import can_be_changed, uses_an_object
from utils.checks.trace.statements import Statement
from utils.checks.trace.steps import CaseSteps
from utils.checks.trace.substitutes import Substitute

_MAX_STATEMENTS = 8
SECONDS = 0.8
"""The time for all calls of the student's code and for the comparison."""


@dataclass(frozen=True)
class FailedCase:
    """A case on which a student's code gave a wrong result."""

    run: Callable[..., Any]
    """The check's function that calls the student's code."""
    inputs: Callable[[], dict[str, Any]]
    """Returns a new copy of the inputs."""
    steps: CaseSteps
    same_output: Callable[[Any], bool]
    """Whether an output is what the student's code gave in the check."""
    is_right: Callable[[Any], bool]
    others: tuple["OtherCase", ...] = ()
    """More public cases, which a change of the code must get right too."""
    label: str = ""
    """The case's description, which names its sizes."""
    reference: str = "GPT-2"
    """What the check compares with."""
    more: tuple["FailedCase", ...] = ()
    """More cases on which it gave a wrong result: their steps may say what this one's do not."""


@dataclass(frozen=True)
class OtherCase:
    """Another public case of the same check."""

    inputs: Callable[[], dict[str, Any]]
    is_right: Callable[[Any], bool]


@dataclass(frozen=True)
class Trace:
    """What the second call of the student's code has shown."""

    comparison: Comparison
    location: Location | None
    label: str = ""
    """The description of the case that it is about."""


def trace(case: FailedCase, submission: Any) -> Trace | None:
    """Returns the trace of a failed case; None if the code cannot be traced or behaves differently."""
    try:
        return _trace(case, submission)
    except Stop:  # the budget ended between two calls
        return None


def _trace(case: FailedCase, submission: Any) -> Trace | None:
    until = clock.now() + SECONDS
    if not can_be_called_again(submission) or uses_an_object(submission):
        return None
    first = _by_steps(case, submission, until)
    if first is None or first.location:
        return first
    for other in case.more:
        if until - clock.now() < SECONDS / 2:
            break
        found = _by_steps(other, submission, until)
        if found and found.location:
            return found
    return replace(first, location=_by_changes(case, submission, first.comparison, until))


def _by_steps(case: FailedCase, submission: Any, until: float) -> Trace | None:
    """Returns what one more call on a case shows; None if it does not give what it gave before."""
    again = call_again(case.run, submission, case.inputs(), min(SECONDS / 2, until - clock.now()))
    if again is None or not again.recorder.runs or not case.same_output(again.output):
        return None

    def is_right_with(substitutes: dict[Place, Substitute]) -> bool:
        left = until - clock.now()
        if left <= 0:
            return False
        changed = call_again(case.run, submission, case.inputs(), left, substitutes)
        return changed is not None and changed.recorder.used and case.is_right(changed.output)

    comparison = Comparison(again.recorder.runs, case.steps, case.inputs())
    return Trace(comparison, locate(comparison, is_right_with), case.label)


def _by_changes(case: FailedCase, submission: Any, comparison: Comparison, until: float) -> Location | None:
    """Returns the only statement of which a small change makes the result right."""
    statements = suspect_statements(comparison) or list(
        dict.fromkeys(run.statement for run in comparison.runs)
    )
    if len(statements) > _MAX_STATEMENTS or not can_be_changed(submission):
        return None
    views = {
        run.statement for run in comparison.runs if any(map(comparison.is_changed_elsewhere, run.written))
    }
    statements = [statement for statement in statements if statement not in views]
    program = Program(submission)
    if not all(map(program.holds, statements)):
        return None  # a change in one function can make up for a mistake in another
    # To define a function again may draw random numbers, for its defaults.
    with calls_without_traces(submission), isolated_random_state():
        found = _right_after_a_change(case, program, statements, until)
    return Location(found[0], "change") if len(found) == 1 else None


def _right_after_a_change(
    case: FailedCase, program: Program, statements: list[Statement], until: float
) -> list[Statement]:
    """Returns the statements of which a small change makes the result right; none if the time is over."""
    found: list[Statement] = []
    waiting = [(statement, program.versions(statement)) for statement in statements]
    while waiting:
        # In turns, so that the time is shared.
        for statement, versions in list(waiting):
            version = next(versions, None)
            if clock.now() > until:
                return []
            if version is None:
                waiting.remove((statement, versions))
            elif _is_right(case, version, until):
                found.append(statement)
                waiting.remove((statement, versions))
    return found


def _is_right(case: FailedCase, version: Any, until: float) -> bool:
    for inputs, is_right in (
        (case.inputs, case.is_right),
        *((each.inputs, each.is_right) for each in case.others),
    ):
        left = until - clock.now()
        output = call_under(TimeLimit(left), case.run, version, inputs()) if left > 0 else FAILED
        if output is FAILED or not is_right(output):
            return False
    return True
