"""A student's own parts from earlier weeks, in place of the official ones.

    from utils.own_parts import softmax, LayerNorm

The name is looked up in the saved notebooks of the weeks before this one, and only the statements that it
needs are run. In grading (when the environment variable NBGRADER_EXECUTION is set, as by nbgrader and
`course check`) the official part is imported instead, so that no mistake costs points twice.
"""

import ast
import difflib
import importlib
import linecache
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from utils.errors import CourseError
from utils.notebook.definitions import NotebookCode, Statement
from utils.notebook.file import BrokenNotebook
from utils.paths import current_folder, find_home, notebook_of
from utils.weeks import WEEKS, Week

_CORRECT = "Correct it there, save that notebook, and run this line again."


class NoOwnPart(CourseError, ImportError):
    """A part of the student's own that cannot be imported; the message says why and what to do."""

    not_written = False
    """Whether no notebook has it, or it is still as it was released."""


# A module and not a package: for a package, `from ... import` would look each name up twice.
def __getattr__(name: str) -> Any:
    # Python and IPython look up names such as __path__ here; a part's name has no leading underscore.
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _official(name) if os.environ.get("NBGRADER_EXECUTION") else _own(name)


def _official(name: str) -> Any:
    """Return the official part, which grading uses.

    Raises:
        NoOwnPart: There is no part of that name.
    """
    try:
        part = getattr(importlib.import_module("parts"), name)
    except (ModuleNotFoundError, AttributeError):
        raise NoOwnPart(
            f"Grading uses the official parts of earlier weeks; parts.py beside the notebook has no {name}. "
            "If it is a helper of your own, copy it into this notebook."
        ) from None
    print(f"{name}: the official part, as in grading")
    return part


def _own(name: str) -> Any:
    """Return the student's own part.

    Raises:
        NoOwnPart: No earlier notebook has it, or it is not written, or running it failed.
    """
    part, week, shown = _load(name, _earlier_weeks())
    print(f"{name}: yours, from week {week.number} ({shown})")
    return part


def written(name: str) -> Any:
    """Return the student's own part from whatever week has it, wherever this is called from.

    Called while a week's notebook is being run for another part, it looks at the weeks before that one.

    Raises:
        NoOwnPart: No notebook has it, it is not written yet, or its code cannot be run.
    """
    return _load(name, _earlier_weeks() if _running else list(WEEKS))[0]


def _load(name: str, weeks: list[Week]) -> tuple[Any, Week, Path]:
    """Return the part, the week that has it and its notebook's path from the course's folder on."""
    home = find_home()
    week, code = _find(name, home, weeks)
    shown = code.path.relative_to(home.parent)
    statements = code.needed_for(name)
    _refuse_unwritten(name, code, statements, shown)
    return _namespace(week, code).get(name, statements, shown), week, shown


# --- Finding the part ---------------------------------------------------------------------------------------


def _find(name: str, home: Path, weeks: list[Week]) -> tuple[Week, NotebookCode]:
    """Return the latest of these weeks whose notebook defines `name`, and its code."""
    broken: list[str] = []
    missing: list[str] = []
    known: set[str] = set()
    for week in reversed(weeks):
        path = notebook_of(week, home)
        # os.path, because Path.is_file raises where a parent folder is not readable.
        if not os.path.isfile(path):  # noqa: PTH113
            missing.append(str(week.number))
            continue
        try:
            code = NotebookCode(path)
        except BrokenNotebook as error:
            broken.append(str(error))
            continue
        if code.defines(name):
            return week, code
        known |= code.parts
    raise _not_written(_not_found(name, known, missing, broken))


def _earlier_weeks() -> list[Week]:
    """Return the weeks before that of the importing notebook: one being run here, else the folder's."""
    if _running:
        limit = _running[-1].number
    else:
        here = {part.name for part in (current_folder(), *current_folder().parents)}
        limit = next((week.number for week in WEEKS if week.folder in here), len(WEEKS) + 1)
    return [week for week in WEEKS if week.number < limit]


def _not_written(message: str) -> NoOwnPart:
    error = NoOwnPart(message)
    error.not_written = True
    return error


def _not_found(name: str, known: set[str], missing: list[str], broken: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    sentences = [f"None of your earlier notebooks defines {name}."]
    if close:
        sentences.append(f"Did you mean {close[0]}?")
    if known:
        sentences.append(f"They define {', '.join(sorted(known))}.")
    if missing:
        sentences.append(f"Not found: the notebooks of weeks {', '.join(reversed(missing))}.")
    return " ".join([*sentences, *broken])


# --- Refusing unwritten parts -------------------------------------------------------------------------------


def _refuse_unwritten(name: str, code: NotebookCode, statements: list[Statement], shown: Path) -> None:
    bound = {each for statement in statements for each in statement.binds}
    needed = {name, *(need for statement in statements for need in statement.needs)} - bound
    for cell in code.cells:
        if cell.name in needed and cell.syntax_error is not None:
            error = cell.syntax_error
            what = f"{error.msg} (line {error.lineno})"
            raise NoOwnPart(f"{shown}, {cell.label}, is not Python yet: {what}. {_CORRECT}")
    unwritten = next(code.unwritten(statements), None if statements else name)
    if unwritten is not None:
        for_what = "" if unwritten == name else f", which {name} needs,"
        raise _not_written(
            f"{unwritten}{for_what} is not written yet in {shown}. Write it there and save that notebook, "
            f"or use the official one: from parts import {name}."
        )


# --- Running the part ---------------------------------------------------------------------------------------

_running: list[Week] = []
_namespaces: dict[tuple[Path, int], "_Namespace"] = {}


def _namespace(week: Week, code: NotebookCode) -> "_Namespace":
    """Return the one namespace of a saved notebook, so that all its parts share their classes."""
    state = (code.path, code.path.stat().st_mtime_ns)
    if state not in _namespaces:
        _namespaces[state] = _Namespace(week, code)
    return _namespaces[state]


class _Namespace:
    """A module in which a notebook's statements run, each at most once."""

    def __init__(self, week: Week, code: NotebookCode):
        self._week = week
        self._code = code
        self._done: set[tuple[int, int, int]] = set()  # by position: each import parses the notebook anew
        self._module = ModuleType(f"{__name__}.{week.folder}", f"Parts of {code.path}")
        sys.modules[self._module.__name__] = self._module  # dataclasses and pickle look classes up by module

    def get(self, name: str, statements: list[Statement], shown: Path) -> Any:
        _running.append(self._week)
        try:
            for statement in statements:
                self._run(statement, shown)
        finally:
            _running.pop()
        if name not in vars(self._module):
            raise NoOwnPart(f"{shown} ran but did not define {name}. {_CORRECT}")
        return vars(self._module)[name]

    def _run(self, statement: Statement, shown: Path) -> None:
        place = (statement.cell, statement.node.lineno, statement.node.col_offset)
        if place in self._done:
            return
        cell = self._code.cell(statement.cell)
        filename = f"{shown}, {cell.label}"
        # With the source in linecache, a traceback shows the student's own lines.
        linecache.cache[filename] = (len(cell.source), None, cell.source.splitlines(keepends=True), filename)
        try:
            exec(compile(ast.Module([statement.node], []), filename, "exec"), self._module.__dict__)
        except (CourseError, KeyboardInterrupt):
            raise
        except BaseException as error:
            where = f"{filename}, line {statement.node.lineno},"
            raise NoOwnPart(f"{where} raised {type(error).__name__}: {error}. {_CORRECT}") from error
        self._done.add(place)
