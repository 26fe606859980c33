"""The part of a card that says where in the student's own code the values part from GPT-2's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from utils.checks.engine.report import Report
from utils.checks.engine.untrusted import readable
from utils.checks.trace.comparison import Comparison
from utils.checks.trace.explain import FailedCase, Trace, trace
from utils.checks.trace.factors import name_of_factor, sizes_of
from utils.checks.trace.location import Location
from utils.checks.trace.recorder import RESULT, Event, Run
from utils.checks.trace.relations import Relation, is_rich, relation
from utils.checks.trace.statements import Statement
from utils.checks.trace.steps import Step

STEPS, LOOK_AT, IN_YOUR_CODE = "your steps", "look at", "in your code"
_REASONS = {
    "proof": "\nwith GPT-2's numbers in place of this line's, the rest of your code gives the right result",
    "change": "\na small change of this line alone gives the right result",
}
_THIS_STEP = re.compile(r'not as "[^"]*" in GPT-2')
_OTHER_STEP = re.compile(r'as "[^"]*" in GPT-2')
_EXPECTED = (
    ("as in GPT-2", "as expected"),
    ("that are zero in GPT-2", "that should be zero"),
    ("that are hidden in GPT-2", "that should be hidden"),
    ("that you hide and GPT-2 does not", "that you hide and should not"),
    ("GPT-2's numbers", "the expected numbers"),
    ("GPT-2's", "the expected value"),
)
"""The words for a check that compares with something else than GPT-2."""
_MAX_RIGHT = 4
"""How many right steps a card shows: the last ones."""


@dataclass(frozen=True)
class _Row:
    """A line of the student's code, a variable, and what it is."""

    line: str
    name: str
    text: str


def with_trace(report: Report, case: FailedCase, submission: Any) -> Report:
    """Returns the report with the part on the student's own lines; unchanged if there is nothing certain."""
    try:
        found = trace(case, submission)
        return report if found is None else _with_lines(report, found, case.reference)
    except Exception:  # whatever a student's objects do, a card without this part is right
        return report


def _with_lines(report: Report, found: Trace, reference: str) -> Report:
    rows = [replace(row, text=in_words_for(row.text, reference)) for row in _rows(found, found.label)]
    label = found.label
    if not rows and found.location is None:
        return report
    # The steps of the case that the card shows may not be known.
    other = label if ("case", label) not in report.lines and label else ""
    steps = ((STEPS, (f"in the case {other}:\n" if other else "") + _table(rows)),) if rows else ()
    before = [line for line in report.lines if line[0] not in ("mistake", LOOK_AT)]
    after = [line for line in report.lines if line[0] in ("mistake", LOOK_AT)]
    if found.location is not None:
        place = _place(found.comparison, found.location.statement)
        place += in_words_for(_REASONS.get(found.location.reason, ""), reference)
        if report.mistake is None:
            after = [(LOOK_AT, place)]
        else:
            after.append((IN_YOUR_CODE, place))
    return replace(report, lines=(*before, *steps, *after))


def in_words_for(text: str, reference: str) -> str:
    """Returns a text in other words where the check does not compare with GPT-2."""
    if reference == "GPT-2":
        return text
    text = _THIS_STEP.sub("not as expected", text)
    text = _OTHER_STEP.sub("as expected at another step", text)
    for words, others in _EXPECTED:
        text = text.replace(words, others)
    return text


def _place(comparison: Comparison, statement: Statement) -> str:
    """Returns the line and the text of a statement."""
    line = next(_line(run, comparison) for run in comparison.runs if run.statement is statement)
    return readable(f"{line}: {statement.text}")


def _table(rows: list[_Row]) -> str:
    lines = max(len(row.line) for row in rows)
    names = max(len(row.name) for row in rows)
    return readable("\n".join(f"{row.line:<{lines}}  {row.name:<{names}}  {row.text}" for row in rows))


def _rows(found: Trace, label: str) -> list[_Row]:
    comparison, location = found.comparison, found.location
    right = list(_right_rows(comparison, location))[-_MAX_RIGHT:]
    return [*right, *_wrong_rows(comparison, location, label)]


def _right_rows(comparison: Comparison, location: Location | None) -> Iterator[_Row]:
    """Yields the steps that are GPT-2's, in order, up to the line where the values part."""
    shown: set[tuple[str, int, str]] = set()
    for run in comparison.runs:
        if location is not None and run.statement is location.statement:
            return
        for event in run.written:
            match = comparison.match(event) if is_rich(event.value) else None
            if match is None or event.place in shown or match.step.name == RESULT != event.name:
                continue
            shown.add(event.place)
            same = match.step.name in (event.name, RESULT)
            text = match.relation.text if same else f'as "{match.step.name}" in GPT-2'
            yield _Row(_line(run, comparison), _name(event), text)


def _wrong_rows(comparison: Comparison, location: Location | None, label: str) -> Iterator[_Row]:
    if location is None:
        return
    event, step = location.event, location.step
    if event is None or step is None:
        event, step = _result(comparison, location)
    if event is None or step is None:
        return
    text = _difference_text(event, step, label)
    if not text and location.reason != "only":
        text = "not as in GPT-2" if step.name == event.name else f'not as "{step.name}" in GPT-2'
    if text:
        before = f" ({_times(event.occurrence)} right before)" if event.occurrence else ""
        yield _Row(_line(event.run, comparison), _name(event), text + before)


def _line(run: Run, comparison: Comparison) -> str:
    """Returns a run's line, with the function's name if it is in another cell than the check's."""
    outermost = {each.statement.file for each in comparison.runs if each.is_outermost}
    line = f"line {run.statement.first}"
    return (
        line
        if not outermost or run.statement.file in outermost
        else f"{line} in {run.function.replace('<locals>.', '')}"
    )


def _result(comparison: Comparison, location: Location) -> tuple[Event | None, Step | None]:
    """Returns the result of the wrong line and the step that has it in GPT-2."""
    runs = [run for run in comparison.wrong_results if run.statement is location.statement]
    for run in runs:
        for event in run.written:
            named = comparison.same_named(event)
            if named:
                return event, named[0]
    return None, None


def _difference_text(event: Event, step: Step, label: str) -> str:
    number = min(event.occurrence, len(step.values) - 1)
    of = relation(event.value, step.values[number])
    return "" if of is None or of.kind == "equal" else _relation_text(of, label)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _relation_text(of: Relation, label: str) -> str:
    name = name_of_factor(of.factor, sizes_of(label)) if of.kind == "factor" else ""
    return f"{of.text}: {name}" if name else of.text


def _name(event: Event) -> str:
    return "the result" if event.name == RESULT else event.name


__all__ = ["IN_YOUR_CODE", "LOOK_AT", "STEPS", "in_words_for", "with_trace"]
