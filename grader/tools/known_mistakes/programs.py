"""Makes wrong programs: the official solution with the edits of a row, or a definition of mistakes.py."""

import types
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

from grader.notebook.given_module import importable
from grader.tools.known_mistakes.table import Edit, Row
from grader.tools.mutation.exercise import MutatedExercise
from utils.errors import CourseError

PROGRAMS = "mistakes.py"


class MistakeError(CourseError):
    """A row of the table does not do what it says."""


def program_of(exercise: MutatedExercise, row: Row, folder: Path) -> Any:
    """Returns the wrong program of a row, as the check would receive it from a student.

    Args:
        exercise: The exercise with its official solution.
        folder: The week's folder in `solutions`, which holds mistakes.py.

    Raises:
        MistakeError: an edit does not apply exactly once, the edited code cannot be run, or mistakes.py does
            not define the program.
    """
    try:
        if row.program:
            return getattr(_programs(folder, exercise), row.program)
        return _edited(exercise, row)
    except MistakeError:
        raise
    except AttributeError:
        raise error(exercise, row, f"mistakes.py defines no {row.program!r}") from None
    except Exception as raised:
        what = f"{type(raised).__name__}: {raised}"
        raise error(exercise, row, f"the code cannot be run ({what})") from raised


def error(exercise: MutatedExercise, row: Row, problem: str) -> MistakeError:
    """Returns an error in one sentence with file, line, mistake and reason."""
    where = f"solutions/{exercise.week}/mistakes.md, line {row.line}"
    return MistakeError(f"{where}, {exercise.name}, {row.name!r}: {problem}.")


def _edited(exercise: MutatedExercise, row: Row) -> Any:
    cells: Sequence[str] = exercise.cells
    for edit in row.edits:
        cells = _apply(exercise, row, edit, cells)
    namespace = dict(exercise.namespace)
    for number, cell in enumerate(cells):
        exec(compile(cell, f"cell {number} of {exercise.name}, edited", "exec"), namespace)
    return eval(exercise.submitted, namespace)


def _apply(exercise: MutatedExercise, row: Row, edit: Edit, cells: Sequence[str]) -> list[str]:
    times = sum(cell.count(edit.old) for cell in cells)
    if times != 1:
        text = edit.old if len(edit.old) <= 80 else f"{edit.old[:80]}…"
        problem = f"{text!r} occurs {times} times in the solution, and should occur once"
        raise error(exercise, row, problem)
    return [cell.replace(edit.old, edit.new) for cell in cells]


class _Loaded(NamedTuple):
    """The last mistakes.py that was run, and the names of the notebook that it could import."""

    path: Path
    namespace: dict[str, Any]
    module: types.ModuleType


_last: _Loaded | None = None


def _programs(folder: Path, exercise: MutatedExercise) -> types.ModuleType:
    """Returns mistakes.py as a module. A week's exercises share one run of it, as they do of the notebook."""
    global _last
    path = folder / PROGRAMS
    if _last is None or _last.path != path or _last.namespace is not exercise.namespace:
        _last = _Loaded(path, exercise.namespace, _run(path, exercise.namespace))
    return _last.module


def _run(path: Path, namespace: dict[str, Any]) -> types.ModuleType:
    """Runs mistakes.py, which may import from the notebook with solutions: `from solution import GPT2`."""
    solution = types.ModuleType("solution")
    solution.__dict__.update((name, each) for name, each in namespace.items() if not name.startswith("__"))
    spec = spec_from_file_location(f"mistakes_of_{path.parent.name}", path)
    assert spec and spec.loader
    module = module_from_spec(spec)
    with importable("solution", solution):
        spec.loader.exec_module(module)
    return module
