"""Bugs with a known line: single changes of official solutions and of right variants."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from grader.build.steps import register_cell
from grader.tools.mutation.exercise import MutatedExercise
from grader.tools.mutation.mutants import mutants_of
from grader.tools.trace.in_place import in_place
from grader.tools.trace.kinds import difference, kind_of
from utils.weeks import Week


@dataclass(frozen=True)
class Bug:
    """A program that is wrong in one line."""

    week: str
    check: str
    origin: str
    """`official`, or the name of the right variant."""
    kind: str
    change: str
    code: str
    line: int
    """The first line of the wrong statement."""
    cell: int = 0

    @property
    def key(self) -> str:
        """Its name, the same in every run."""
        return f"{self.week}/{self.check}/{self.origin}/{self.cell}/{self.change}"


def bugs_of(exercise: MutatedExercise) -> Iterator[Bug]:
    """Yields the bugs of the official solution."""
    for number, cell in enumerate(exercise.cells):
        yield from _bugs(exercise, "official", number, cell)


def bugs_of_variant(exercise: MutatedExercise, name: str, code: str) -> Iterator[Bug]:
    """Yields the bugs of a right variant."""
    yield from _bugs(exercise, name, 0, code)


def _bugs(exercise: MutatedExercise, origin: str, number: int, cell: str) -> Iterator[Bug]:
    original = ast.parse(ast.unparse(ast.parse(cell)))
    seen = set()
    for mutant in (*mutants_of(cell), *mutants_of(cell, in_place)):
        found = difference(original, ast.parse(mutant.code))
        if found is None or mutant.code in seen:
            continue
        seen.add(mutant.code)
        kind = kind_of(found)
        if kind and found.line:
            yield Bug(
                exercise.week, exercise.name, origin, kind, mutant.change, mutant.code, found.line, number
            )


def variants_of(root: Path, week: Week) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """Returns the right variants of a week by check: name, code and the namespace that it needs."""
    path = root / "solutions" / week.folder / "variants.py"
    spec = spec_from_file_location(f"measured_{week.folder}", path)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for check, variants in module.VARIANTS.items():
        for variant in variants:
            if inspect.isfunction(variant) or inspect.isclass(variant):
                if variant.__module__ != module.__name__ or "<lambda>" in variant.__qualname__:
                    continue
                if "." in variant.__qualname__:
                    continue
                try:
                    code = textwrap.dedent(inspect.getsource(variant))
                except (OSError, TypeError):
                    continue
                found.setdefault(check, []).append((variant.__name__, code, dict(vars(module))))
    return found


def _named(code: str, old: str, new: str) -> str:
    """Returns a variant's code under the exercise's name, as a student writes it."""
    return re.sub(rf"\b{old}\b", new, code)


def submission_of(
    bug: Bug, exercise: MutatedExercise, variants: dict[str, dict[str, Any]]
) -> tuple[Any, str]:
    """Returns the wrong program as it is passed to its check, and the file name of its cell."""
    code = bug.code if bug.origin == "official" else _named(bug.code, bug.origin, bug.check)
    file = register_cell(code)
    if bug.origin == "official":
        namespace = dict(exercise.namespace)
        exec(compile(code, file, "exec"), namespace)
        for later in exercise.cells[bug.cell + 1 :]:
            exec(compile(later, register_cell(later), "exec"), namespace)
        return eval(exercise.submitted, namespace), file
    namespace = dict(variants[bug.origin])
    exec(compile(code, file, "exec"), namespace)
    return namespace[bug.check], file
