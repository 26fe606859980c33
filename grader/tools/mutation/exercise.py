"""Loads the exercises of a week as programs: the notebook's names, and the cells of each solution."""

import ast
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from grader.build.parts import write_parts
from grader.build.source import read_source, weeks_with_source
from grader.notebook.cells import is_kind, plain_python
from utils.weeks import Week


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
    cells = read_source(root, week).notebook.cells
    code = [(kind, plain_python(cell)) for cell in cells if (kind := _kind(cell))]
    namespace = _run([text for kind, text in code if kind != "check"], _parts(root, week))
    return [replace(each, namespace=namespace) for each in _exercises(week.folder, code)]


def _kind(cell: Any) -> str:
    return next((kind for kind in ("set-up", "work", "check") if is_kind(cell, kind)), "")


def _exercises(week: str, code: list[tuple[str, str]]) -> Iterator[MutatedExercise]:
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
    exec(parts_code, parts.__dict__)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with patch.dict(sys.modules, parts=parts):
        for number, cell in enumerate(cells):
            exec(compile(cell, f"cell {number}", "exec"), namespace)
    return namespace
