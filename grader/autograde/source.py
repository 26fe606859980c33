"""Reads the instructor's notebook: its cells, their roles, and the checks that they call."""

import ast
import importlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import nbformat
from nbformat import NotebookNode

from grader.kernels.errors import GraderError
from grader.notebook.cells import BEGIN, grading, plain_python
from grader.notebook.imports import Import, imports_of
from utils.checks.engine.check import Check
from utils.notebook.released import ReleasedCell, released_cells
from utils.notebook.unattended import absent_packages

_CHECKS = "utils.checks."


@dataclass(frozen=True, eq=False)
class SourceNotebook:
    """A week's notebook, as the instructor released it."""

    week: str
    notebook: NotebookNode
    _known: dict[str, tuple[Check, ...]] = field(default_factory=dict)
    """A cache of the checks that cells call, by their source."""

    @cached_property
    def cells(self) -> tuple[ReleasedCell, ...]:
        """Returns its cells, each with its role."""
        return released_cells(self.notebook)

    @cached_property
    def imports(self) -> list[Import]:
        """Returns the imports of the locked cells."""
        locked = [each.cell for each in self.cells if each.role == "set-up"]
        return [each for cell in locked for each in imports_of(plain_python(cell))]

    @cached_property
    def check_modules(self) -> dict[str, str]:
        """Returns the names bound to a module of checks: `checks` for `utils.checks.week05_attention`."""
        named = {each.bound: f"{each.module}.{each.name}" for each in self.imports if each.name}
        return {name: module for name, module in named.items() if module.startswith(f"{_CHECKS}week")}

    def absent(self) -> tuple[str, ...]:
        """Returns the packages that the checks forbid as a whole, without those that the notebook imports.

        Where a check forbids a part of a package, it watches for that itself.
        """
        forbidden = [name for check in self.checks for name in check.forbidden]
        return absent_packages(forbidden, [each.module for each in self.imports])

    def preload(self) -> tuple[str, ...]:
        """Returns the modules that the notebook imports, without `parts`, which is the week's own."""
        modules = [each.module for each in self.imports]
        modules += [f"{each.module}.{each.name}" for each in self.imports if each.module.startswith("utils")]
        return tuple(dict.fromkeys(module for module in modules if module != "parts"))

    def needs(self) -> tuple[str, ...]:
        """Returns the modules that its own cells import, also in check cells."""
        cells = [each.cell for each in self.cells if each.role == "check"]
        own = [each for cell in cells for each in imports_of(ast.unparse(_parsed(cell)))]
        return (
            *self.preload(),
            *(name for each in own for name in (each.module, f"{each.module}.{each.name}")),
        )

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Returns all of the course's checks that the notebook calls."""
        return tuple(
            check for each in self.cells if each.role == "check" for check in self.checks_of(each.cell)
        )

    def checks_of(self, cell: NotebookNode) -> tuple[Check, ...]:
        """Returns the course's checks that a check cell calls, in order."""
        if cell.source not in self._known:
            calls = [node.func for node in ast.walk(_parsed(cell)) if isinstance(node, ast.Call)]
            found = [self._check(call) for call in calls if isinstance(call, ast.Attribute)]
            self._known[cell.source] = tuple(check for check in found if check is not None)
        return self._known[cell.source]

    def _check(self, call: ast.Attribute) -> Check | None:
        if not isinstance(call.value, ast.Name) or call.value.id not in self.check_modules:
            return None
        found = getattr(importlib.import_module(self.check_modules[call.value.id]), call.attr, None)
        return found if isinstance(found, Check) else None


@lru_cache(maxsize=4)
def read_source(week: str, content: bytes) -> SourceNotebook:
    """Returns the instructor's notebook from its file's content.

    Raises:
        GraderError: it is not a released notebook.
    """
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
    except Exception as error:  # nbformat raises errors of many classes for a damaged file
        raise GraderError(
            f"The source of {week} is no notebook ({error}): build and release it again."
        ) from None
    if not any(is_graded(cell) for cell in notebook.cells):
        raise GraderError(f"The source of {week} has no graded cell: build and release it again.")
    if any(BEGIN in cell.source for cell in notebook.cells):
        raise GraderError(f"The source of {week} holds solutions: grade with the released notebook.")
    return SourceNotebook(week, notebook)


def is_graded(cell: NotebookNode) -> bool:
    """Returns whether the cell has points."""
    return bool(grading(cell).get("grade") or grading(cell).get("task"))


def has_hidden_tests(code: str) -> bool:
    """Returns whether nbgrader hides a part of the cell from students."""
    return "BEGIN HIDDEN TESTS" in code or "BEGIN MARK SCHEME" in code


def points_of(cell: NotebookNode) -> float:
    """Returns the cell's maximum points."""
    return float(grading(cell).get("points", 0))


def _parsed(cell: NotebookNode) -> ast.Module:
    try:
        return ast.parse(plain_python(cell))
    except SyntaxError:
        return ast.Module([], [])
