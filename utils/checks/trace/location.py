"""Finds the line at which a student's values part from GPT-2's, where that is certain."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from utils.checks.trace.comparison import Comparison, ancestors
from utils.checks.trace.recorder import RESULT, Event, Place, Run
from utils.checks.trace.relations import is_rich
from utils.checks.trace.statements import Statement
from utils.checks.trace.steps import Step
from utils.checks.trace.substitutes import Substitute, substitute

Trial = Callable[[dict[Place, Substitute]], bool]
"""Calls the student's code again with substitutes; returns True if the result is then right."""

_MAX_TRIALS = 8


@dataclass(frozen=True)
class Location:
    """The statement at which the values part from GPT-2's."""

    statement: Statement
    reason: str
    """`proof`: with a step's values in place of the statement's the result is right; `several`: with those of
    several steps; `only`: nothing else could be wrong; `change`: a small change of this statement, and of no
    other, makes the result right.
    """
    step: Step | None = None
    """The step that the statement should have given."""
    event: Event | None = None


def locate(comparison: Comparison, is_right_with: Trial) -> Location | None:
    """Returns the statement to blame; None where more than one may be wrong."""
    return _by_proof(comparison, is_right_with) or _by_exclusion(comparison)


def _by_proof(comparison: Comparison, is_right_with: Trial) -> Location | None:
    tried = list(itertools.islice(_candidates(comparison), _MAX_TRIALS))
    for event, step, put in tried:
        if is_right_with({event.place: put}):
            unsure = _reads_another_step(comparison, event.run)
            return None if unsure else Location(event.run.statement, "proof", step, event)
    # The same mistake in several lines, as a bias forgotten in each of three.
    named = {event.place: put for event, step, put in tried if step in comparison.same_named(event)}
    if len(named) > 1 and is_right_with(named):
        event, step = next((event, step) for event, step, _ in tried if event.place in named)
        return Location(event.run.statement, "several", step, event)
    return None


def _candidates(comparison: Comparison) -> Iterator[tuple[Event, Step, Substitute]]:
    """Yields the places that may be wrong, in order, each with the steps that it may have been meant as."""
    by_place: dict[Place, list[Event]] = {}
    # A function of another cell has a check of its own. Here it may have been given wrong arguments.
    cells = {run.statement.file for run in comparison.runs if run.is_outermost}
    for run in comparison.runs:
        for event in run.written:
            if event.name != "return" and run.statement.file in cells:
                by_place.setdefault(event.place, []).append(event)
    found = {
        id(match.step)
        for run in comparison.runs
        for event in run.written
        if (match := comparison.match(event))
    }
    for events in by_place.values():
        first = next((event for event in events if _may_be_wrong(comparison, event)), None)
        if (
            first is None
            or _has_earlier_suspects(comparison, first.run)
            or _is_kept(comparison, first)
            or comparison.is_changed_elsewhere(first)
        ):
            continue
        named = comparison.same_named(first)
        plain = first.value.is_number
        others = (
            []
            if plain or comparison.is_input(first)
            else [
                step
                for step in comparison.steps.steps
                if id(step) not in found and not comparison.is_final(step)
            ]
        )
        for step in dict.fromkeys([*named, *others]):
            put = substitute(step, events)
            if put is not None:
                yield first, step, put


def _may_be_wrong(comparison: Comparison, event: Event) -> bool:
    if event.value.is_number or not comparison.same_named(event):
        return comparison.status(event) in ("doubtful", "unknown", "on the way", "neutral")
    match = comparison.match(event)
    return match is None or match.step not in comparison.same_named(event)


def _is_other(comparison: Comparison, event: Event, named: list[Step]) -> bool:
    match = comparison.match(event)
    return match is None or match.step not in named


def _is_kept(comparison: Comparison, event: Event) -> bool:
    """Returns True if a later line only gives the same value to a variable: there the step is missing."""
    array = event.value.array
    return array is not None and any(
        event.run in run.reads and each.value.array is not None and np.array_equal(each.value.array, array)
        for run in comparison.runs
        if run.statement is not event.run.statement
        for each in run.written
        if each.name != RESULT and event.value.is_tensor
    )


def _has_earlier_suspects(comparison: Comparison, run: Run) -> bool:
    before = ancestors([run]) - {run}
    return any(each in before and each.statement is not run.statement for each in comparison.suspects)


def _by_exclusion(comparison: Comparison) -> Location | None:
    statements = suspect_statements(comparison)
    if len(statements) != 1 or not comparison.wrong_results:
        return None
    (statement,) = statements
    if (
        statement.is_bare_return
        and not _returns_an_argument(comparison, statement)
        and (statement.controls or not _returns_a_step(comparison, statement))
    ):
        return None  # what it returns was computed elsewhere, or not at all
    unsure = _reads_another_step(comparison, comparison.suspects[0])
    return None if unsure else Location(statement, "only")


def _reads_another_step(comparison: Comparison, run: Run) -> bool:
    """Returns True if an execution of a statement uses a variable that may hold less than it should.

    That is a value that has the name of a step, but is another one, or is only on the way to a step. The step
    may be missing where that variable was assigned. A variable that the statement assigns anew is different.
    """
    return any(
        _may_be_unfinished(comparison, event)
        for before in run.reads
        if before.statement is not run.statement
        for event in before.written
        if event.name in run.statement.reads - run.statement.writes
    )


def _may_be_unfinished(comparison: Comparison, event: Event) -> bool:
    named = comparison.same_named(event)
    if named and not event.value.is_number:
        return _is_other(comparison, event, named)
    return comparison.status(event) == "on the way"


def _returns_an_argument(comparison: Comparison, statement: Statement) -> bool:
    """Returns True if a statement gives back a tensor that the function was given and has left as it was."""
    if statement.controls:
        return False
    runs = [run for run in comparison.runs if run.statement is statement]
    names = statement.reads
    is_assigned = any(
        event.name in names
        for run in comparison.runs
        if run.function == runs[0].function and run.statement is not statement
        for event in run.written
    )
    return not is_assigned and all(
        event.value.is_tensor and comparison.is_input(event) for run in runs for event in run.written
    )


def _returns_a_step(comparison: Comparison, statement: Statement) -> bool:
    """Returns True if a statement returns what is a step of GPT-2's, but not the last one."""
    return any(
        is_rich(event.value) and comparison.status(event) in ("right", "on the way")
        for run in comparison.runs
        if run.statement is statement
        for event in run.written
    )


def suspect_statements(comparison: Comparison) -> list[Statement]:
    """Returns the statements that may be wrong, in order."""
    return list(dict.fromkeys(run.statement for run in comparison.suspects))
