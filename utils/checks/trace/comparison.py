"""Compares everything that a student's code has computed with the steps of the official solution."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from utils.checks.trace.recorder import RESULT, Event, Place, Run
from utils.checks.trace.relations import EQUAL, RESHAPED, Relation, close, equality, has_information, is_rich
from utils.checks.trace.steps import SORTED, CaseSteps, Step, StepValue, digest, ordered_sample
from utils.checks.trace.values import Value, copy_of

Status = Literal["right", "on the way", "neutral", "doubtful", "unknown"]
"""A named step's value; an operation's result or an input; a value that says little; a number that no step
has; any other value.
"""
_SMALL = (-1.0, 0.0, 1.0, 2.0)
"""Numbers that any program uses."""


@dataclass(frozen=True, eq=False)
class Match:
    """A student's value with the step that it is equal to or related to."""

    step: Step
    relation: Relation


class Comparison:
    """The runs of a student's statements beside the steps of the official solution.

    Args:
        runs: In the order in which they were executed.
        steps: The official solution's, on the same case.
        inputs: The case's, whose values are right by definition.
    """

    def __init__(self, runs: list[Run], steps: CaseSteps, inputs: dict[str, Any]):
        self.runs, self.steps = runs, steps
        self._inputs = list(_arrays(inputs))
        self._known_numbers = {*_SMALL, *_numbers(steps), *_given_numbers(inputs)}
        self._sequences = {
            tuple(map(_short, step.values)) for step in steps.steps if step.count == len(step.values)
        }
        self._by_place: dict[Place, list[Event]] = {}
        for run in runs:
            for event in run.written:
                self._by_place.setdefault(event.place, []).append(event)
        self._values: dict[Any, list[tuple[Step, StepValue]]] = {}
        for step in steps.steps:
            for value in step.values:
                self._values.setdefault(_key(value), []).append((step, value))
        self._matches: dict[Event, Match | None] = {}

    # --- values ---

    def match(self, event: Event) -> Match | None:
        """Returns the step that has the event's value; the one of the same name where there are several."""
        if event not in self._matches:
            self._matches[event] = self._find(event)
        return self._matches[event]

    def _find(self, event: Event) -> Match | None:
        value = event.value
        found = None
        for step, step_value in self._candidates(value):
            of = equality(value, step_value)
            if of is not None:
                same_name = (step.function, step.name) == (event.run.function, event.name)
                if same_name:
                    return Match(step, of)
                found = found or Match(step, of)
        return found

    def _candidates(self, value: Value) -> Iterable[tuple[Step, StepValue]]:
        if value.text:
            yield from self._values.get(digest(value.text), [])
        if value.array is not None and value.array.size > 1:
            yield from self._values.get(value.array.size, [])

    def same_named(self, event: Event) -> list[Step]:
        """Returns the steps of the same name in the function of the same name."""
        return [
            step
            for step in self.steps.steps
            if (step.function, step.name) == (event.run.function, event.name) and event.name
        ]

    def status(self, event: Event) -> Status:
        """Returns whether a value is right, as far as the steps tell."""
        value = event.value
        if event.run.statement.is_loop and event.name != event.run.statement.condition:
            return "neutral" if self._is_sequence(event) else "doubtful"
        if value.is_number:
            return self._status_of_number(event)
        informs = has_information(value)
        match = self.match(event)
        if match and match.relation.kind == "reshaped" and match.step in self.same_named(event):
            return "unknown"  # right numbers, but a wrong axis may be the mistake
        if match:
            return "right" if informs else "neutral"
        if self._is_on_the_way(event):
            return "on the way" if informs else "neutral"
        return "unknown" if informs else "doubtful"

    def _status_of_number(self, event: Event) -> Status:
        assert event.value.array is not None
        number = event.value.array.item()
        named = self.same_named(event)
        if named:
            return (
                "neutral"
                if any(_is_value_of(number, step, event.occurrence) for step in named)
                else "doubtful"
            )
        if event.run.statement.condition == event.name:
            return "doubtful"
        return (
            "neutral"
            if any(abs(number - each) <= 1e-4 * abs(each) for each in self._known_numbers)
            else "doubtful"
        )

    def is_input(self, event: Event) -> bool:
        """Returns True if a value is one of the inputs, whatever its shape."""
        array = event.value.array
        return array is not None and any(
            array.size == each.size and close(array.ravel(), each.ravel()) for each in self._inputs
        )

    def is_final(self, step: Step) -> bool:
        """Returns True if a step has the value that the official solution returns in the end."""
        last = next((each for each in reversed(self.steps.steps) if each.name == RESULT), None)
        return last is not None and (step is last or _short(step.values[-1]) == _short(last.values[-1]))

    def _is_sequence(self, event: Event) -> bool:
        """Returns True if a loop's variable takes on the values of a step's, in the same order."""
        return tuple(_short(each.value) for each in self._by_place[event.place]) in self._sequences

    def _is_on_the_way(self, event: Event) -> bool:
        """Returns True for an input, and for a result of one of the official solution's operations.

        A variable with the name of a step must not hold an input.
        """
        array = event.value.array
        if array is None or array.size < 3:
            return False
        if self.is_input(event) and not self.same_named(event):
            return True
        known = self.steps.by_size.get(array.size, [])
        mine = ordered_sample(array, min(SORTED, array.size)) if known else array
        return any(close(mine, each) for each in known)

    # --- runs ---

    @cached_property
    def statuses(self) -> dict[Run, Status]:
        """The status of each run: the worst of the values that it has given to variables."""
        order: list[Status] = ["unknown", "doubtful", "on the way", "right", "neutral"]
        found: dict[Run, Status] = {}
        for run in self.runs:
            all_of_it: list[Status] = [self.status(each) for each in run.written]
            found[run] = min([*all_of_it, "doubtful" if run.is_opaque else "neutral"], key=order.index)
        return found

    @cached_property
    def confirmed(self) -> set[Run]:
        """The runs that lead to a right value, or have one: whatever they did was right."""
        found: set[Run] = set()
        pending = [
            run
            for run in self.runs
            if self.statuses[run] in ("right", "on the way")
            and any(is_rich(each.value) for each in run.written)
        ]
        while pending:
            run = pending.pop()
            if run not in found:
                found.add(run)
                pending += run.reads
        return found

    @cached_property
    def wrong_results(self) -> list[Run]:
        """The end of the check's first call that returned a wrong value; empty if none can be compared."""
        official = [step for step in self.steps.steps if step.name == RESULT]
        for run in self.runs:
            if run.is_outermost:
                if run.is_opaque:
                    return [run]
                for event in run.written:
                    if event.name == RESULT and not self._is_official_result(event, official):
                        return [run]
        return []

    def _is_official_result(self, event: Event, official: list[Step]) -> bool:
        if event.value.is_number:
            assert event.value.array is not None
            number = event.value.array.item()
            return any(_equal(number, value) for step in official for value in step.values)
        return any(
            (of := equality(event.value, value)) is not None and of.kind == "equal"
            for step in official
            for value in step.values
        )

    @cached_property
    def suspects(self) -> list[Run]:
        """The runs on the way to the wrong result that nothing confirms, in order."""
        sinks = self.wrong_results
        among = ancestors(sinks) if sinks else set(self.runs)
        return [
            run
            for run in self.runs
            if run in among
            and (
                run in sinks
                or self._changes_another(run)
                or (self.statuses[run] in ("unknown", "doubtful") and run not in self.confirmed)
            )
        ]

    def _changes_another(self, run: Run, own: str = "") -> bool:
        """Returns True if a statement has also changed a tensor that it does not assign: `y = x.sub_(1)`.

        What it assigns may be right, and lead to right values, while the other tensor is wrong ever after.

        Args:
            run: The statement's execution.
            own: A variable that it may change.
        """
        statement = run.statement
        # `p.data -= 1` means p.
        meant = {RESULT, own, *statement.writes, *(name.partition(".")[0] for name in statement.writes)}
        return bool(own or statement.writes or statement.is_return) and any(
            event.name not in meant and "." not in event.name and event.value.is_tensor
            for event in run.written
        )

    def is_changed_elsewhere(self, event: Event) -> bool:
        """Returns True if a variable's tensor shares memory with another that a later statement changes.

        Any other value in its place, right or not, would end that.
        """
        return event.value.is_tensor and any(
            run.function == event.run.function
            and run.statement is not event.run.statement
            and any(each.name == event.name for each in run.written)
            and self._changes_another(run, event.name)
            for run in self.runs
        )


def ancestors(runs: Iterable[Run]) -> set[Run]:
    """Returns the runs and all whose results they use, directly or not."""
    found: set[Run] = set()
    pending = list(runs)
    while pending:
        run = pending.pop()
        if run not in found:
            found.add(run)
            pending += run.reads
    return found


def _key(value: StepValue) -> Any:
    return value.digest or value.size


def _equal(number: float, value: StepValue) -> bool:
    return (
        value.whole is not None and value.whole.size == 1 and close(np.array(number), value.whole.reshape(()))
    )


def _numbers(steps: CaseSteps) -> Iterable[float]:
    for step in steps.steps:
        for value in step.values:
            if value.whole is not None and not value.is_tensor:
                yield value.whole.item()


def _arrays(inputs: Any) -> Iterable[np.ndarray]:
    if isinstance(inputs, dict):
        for each in inputs.values():
            yield from _arrays(each)
    elif isinstance(inputs, list | tuple) and not all(isinstance(each, int | float) for each in inputs):
        for each in inputs:
            yield from _arrays(each)
    else:
        copy = copy_of(inputs)
        if copy is not None and copy.array is not None:
            yield copy.array


def _given_numbers(inputs: Any) -> Iterable[float]:
    """Yields the numbers among the inputs."""
    if isinstance(inputs, bool | int | float):
        yield float(inputs)
    elif isinstance(inputs, dict | list | tuple):
        for each in inputs.values() if isinstance(inputs, dict) else inputs:
            yield from _given_numbers(each)


def _is_value_of(number: float, step: Step, occurrence: int) -> bool:
    """Returns True if a number is a step's at its turn; any of the step's where that is not stored."""
    values = step.values[occurrence : occurrence + 1] or step.values
    return any(_equal(number, value) for value in values)


def _short(value: Value | StepValue) -> str:
    """Returns a text that equal values of a loop's variable share."""
    if isinstance(value, StepValue):
        text, array = value.digest, value.whole
    else:
        text, array = digest(value.text) if value.text else "", value.array
    if text or array is None:
        return text
    return f"{array.shape} {array.sum():.3g} {np.abs(array).max(initial=0):.3g}"


__all__ = ["EQUAL", "RESHAPED", "Comparison", "Match", "Status", "ancestors"]
