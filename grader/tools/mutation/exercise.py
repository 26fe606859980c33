"""Loads the exercises of a week as programs: the notebook's names, and the cells of each solution."""

import ast
import linecache
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.build.parts import write_parts
from grader.build.source import read_source, weeks_with_source
from grader.build.steps import register_cell
from grader.notebook.cells import is_kind, plain_python
from grader.notebook.given_module import importable
from utils.weeks import Week

_PARTS = "<parts>"


@dataclass(frozen=True)
class MutatedExercise:
    """One check of a notebook with the code that it checks."""

    week: str
    """The week's folder."""
    name: str
    """The check's name."""
    cells: tuple[str, ...]
    """The source of the work cells between the check before it and this one, with nbgrader's marks."""
    submitted: str
    """The expression that the check cell passes to the check."""
    namespace: dict[str, Any]
    """All names that the notebook with solutions defines."""

    @property
    def key(self) -> str:
        """The exercise's key in results: `week05_attention/causal_mask`."""
        return f"{self.week}/{self.name}"

    def solution(self) -> Any:
        """Returns the value that the notebook's own solution passes to the check."""
        return eval(self.submitted, self.namespace)

    def mutated(self, cell: int, code: str) -> Any:
        """Returns the value passed to the check when `code` replaces one of the cells.

        Raises:
            Exception: any that the code raises.
        """
        namespace = dict(self.namespace)
        exec(compile(code, "mutant", "exec"), namespace)
        for later in self.cells[cell + 1 :]:
            exec(compile(later, "later cell", "exec"), namespace)
        return eval(self.submitted, namespace)


def exercises_of(root: Path, week: Week) -> list[MutatedExercise]:
    """Returns the exercises of one week, in order. Runs the set-up and work cells of its source.

    Raises:
        CourseError: the source cannot be read.
        ValueError: a check cell does not end with a call of a check.
    """
    namespace = _run([text for kind, text in _code(root, week) if kind != "check"], _parts(root, week))
    return [replace(each, namespace=namespace) for each in unrun_exercises_of(root, week)]


def unrun_exercises_of(root: Path, week: Week) -> list[MutatedExercise]:
    """Returns the exercises of one week, in order, without the names that running the notebook gives.

    Raises:
        CourseError: the source cannot be read.
        ValueError: a check cell does not end with a call of a check.
    """
    return list(_exercises(week.folder, _code(root, week)))


def _code(root: Path, week: Week) -> list[tuple[str, str]]:
    """Returns the kind and the text of each set-up, work and check cell."""
    cells = read_source(root, week).notebook.cells
    return [(kind, plain_python(cell)) for cell in cells if (kind := _kind(cell))]


def _kind(cell: Any) -> str:
    return next((kind for kind in ("set-up", "work", "check") if is_kind(cell, kind)), "")


def _exercises(week: str, code: Sequence[tuple[str, str]]) -> Iterator[MutatedExercise]:
    work: list[str] = []
    for kind, text in code:
        if kind == "work":
            work.append(text)
        elif kind == "check":
            name, submitted = _check_call(text)
            yield MutatedExercise(week, name, tuple(work), submitted, {})
            work = []


def _check_call(text: str) -> tuple[str, str]:
    """Returns the check's name and the expression passed to it, from the last statement of a check cell."""
    match ast.parse(text).body[-1]:
        case ast.Expr(ast.Call(ast.Attribute(attr=name), [submitted, *_])):
            return name, ast.unparse(submitted)
    raise ValueError(f"A check cell must end with a call of a check: {text!r}")


def _parts(root: Path, week: Week) -> str:
    earlier = [each for each in weeks_with_source(root) if each.number < week.number]
    return write_parts(week, [read_source(root, each) for each in earlier]) or ""


def _run(cells: list[str], parts_code: str) -> dict[str, Any]:
    parts = types.ModuleType("parts")
    # So that their source can be read, as that of a notebook's parts.py.
    linecache.cache[_PARTS] = (len(parts_code), None, parts_code.splitlines(keepends=True), _PARTS)
    exec(compile(parts_code, _PARTS, "exec"), parts.__dict__)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with importable("parts", parts):
        for cell in cells:
            exec(compile(cell, register_cell(cell), "exec"), namespace)
    return namespace
