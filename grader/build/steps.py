"""Records the steps of the official solutions on the public cases: `steps.json` of each week's answers."""

import ast
import itertools
import json
import linecache
import types
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from grader.build.parts import write_parts
from grader.build.source import Source
from grader.notebook.cells import is_kind, plain_python
from grader.notebook.given_module import importable
from utils import reference
from utils.answers.compare import FLOAT32
from utils.answers.fingerprint import of_value
from utils.answers.judge import answer_keys_of
from utils.checks.engine.cases import Case
from utils.checks.engine.check import Check
from utils.checks.engine.observation import copied
from utils.checks.trace.recorder import Event, Run
from utils.checks.trace.relations import is_rich
from utils.checks.trace.rerun import call_again, can_be_called_again
from utils.checks.trace.steps import CaseSteps, Step, distinct, operation, step_value

_FILES = itertools.count()
_SECONDS = 60.0  # for the official solution on one case
_MAX_CASE, _MAX_CHECKS = 5000, 750_000  # characters of a case, and of all of a week together at most


def register_cell(code: str) -> str:
    """Gives a cell's code a file name of its own, as IPython does, so that its lines can be read."""
    file = f"<ipython-input-{next(_FILES)}-steps>"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    return file


@dataclass(frozen=True)
class OfficialExercise:
    """An exercise's check with the official solution, as the check cell passes it."""

    name: str
    submission: Any


def official_exercises(source: Source, earlier: list[Source]) -> list[OfficialExercise]:
    """Runs a week's set-up and work cells, and returns what each check cell passes to its check.

    Args:
        source: The week's.
        earlier: The sources of the weeks before it, from which its parts come.
    """
    cells = source.notebook.cells
    namespace = run_cells(
        [plain_python(cell) for cell in cells if is_kind(cell, "set-up") or is_kind(cell, "work")],
        write_parts(source.week, earlier) or "",
    )
    calls = [_check_call(plain_python(cell)) for cell in cells if is_kind(cell, "check")]
    return [OfficialExercise(name, eval(submitted, namespace)) for name, submitted in calls]


def run_cells(cells: list[str], parts_code: str) -> dict[str, Any]:
    """Returns the namespace in which the cells have run, each under a cell's file name."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with _parts(parts_code):
        for cell in cells:
            exec(compile(cell, register_cell(cell), "exec"), namespace)
    return namespace


@contextmanager
def _parts(code: str) -> Iterator[None]:
    parts = types.ModuleType("parts")
    exec(code, parts.__dict__)
    with importable("parts", parts):
        yield


def _check_call(code: str) -> tuple[str, str]:
    match ast.parse(code).body[-1]:
        case ast.Expr(ast.Call(ast.Attribute(attr=name), [submitted, *_])):
            return name, ast.unparse(submitted)
    raise ValueError(f"A check cell must end with a call of a check: {code!r}")


def record(check: Check, submission: Any, case: Case, longest: int) -> CaseSteps | None:
    """Returns the steps of the official solution on one case; None if there are none or too many.

    Of a case with many steps or large tensors less is stored, so that no case takes more than its share.
    """
    return record_steps(check.run, submission, case.inputs, longest)


def record_steps(
    run: Callable[..., Any], submission: Any, inputs: dict[str, Any], longest: int = 5000
) -> CaseSteps | None:
    """Returns the steps of one call, `run(submission, **inputs)`, in at most `longest` characters of JSON."""
    if not can_be_called_again(submission):
        return None
    again = call_again(run, submission, copied(inputs), _SECONDS)
    if again is None:
        return None
    for size in _SIZES:
        found = _steps_of(again.recorder.runs, size)
        if len(json.dumps(found.to_plain())) <= longest:
            return found if found.steps else None
    return None


@dataclass(frozen=True)
class _Size:
    """How much of a case is stored."""

    numbers: int
    """Of a tensor."""
    values: int
    """Of a step in a loop."""
    operations: int
    steps: int = 200


_SIZES = (
    _Size(320, 48, 60),
    _Size(320, 48, 20),
    _Size(120, 48, 20),
    _Size(120, 12, 12),
    _Size(60, 12, 8),
    _Size(32, 4, 8, 60),
    _Size(0, 2, 8, 30),
)


def _steps_of(runs: list[Run], size: _Size) -> CaseSteps:
    named: dict[tuple, list[Event]] = {}
    operations = []
    for run in runs:
        for event in run.written:
            named.setdefault((run.function, event.name, event.place), []).append(event)
        if run.computed and run.statement.comment:
            last = run.computed[-1]
            named.setdefault((run.function, run.statement.comment, last.place), []).append(last)
        operations += [event.value for event in run.computed]
    steps = [
        Step(
            name,
            function,
            tuple(step_value(event.value, size.numbers) for event in events[: size.values]),
            len(events),
        )
        for (function, name, _), events in sorted(named.items(), key=lambda item: item[1][0].number)
    ]
    arrays = [operation(each.array) for each in operations if each.array is not None and is_rich(each)]
    return CaseSteps(tuple(steps[: size.steps]), tuple(distinct(arrays))[: size.operations])


def week_steps(source: Source, earlier: list[Source], names: Collection[str]) -> dict[str, Any]:
    """Returns the steps of some of a week's checks, for each public case; None where a case has none."""
    reference.choose("storyteller")
    answer_keys = answer_keys_of(source.week.folder)
    cases = {name: each.check.draw_cases() for name, each in answer_keys.items() if not each.secret}
    longest = min(_MAX_CASE, _MAX_CHECKS // sum(map(len, cases.values())))
    return {
        exercise.name: [
            _of_case(answer_keys[exercise.name].check, exercise.submission, case, longest)
            for case in cases[exercise.name]
        ]
        for exercise in official_exercises(source, earlier)
        if exercise.name in names
    }


def _of_case(check: Check, submission: Any, case: Case, longest: int) -> dict[str, Any] | None:
    steps, inputs = record(check, submission, case, longest), of_value(case.inputs, FLOAT32)
    return None if steps is None or inputs is None else {"inputs": str(inputs), **steps.to_plain()}
