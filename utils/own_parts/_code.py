"""The definitions in a student's notebook, taken apart so that one of them can be run with what it needs."""

import ast
import builtins
import symtable
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.notebook.file import read_cells

_NOT_PARTS = {"check", "look"}  # cells that define nothing which another cell may need


@dataclass(frozen=True)
class Statement:
    """One statement at the top level of a cell."""

    cell: int
    """Its cell's place in the notebook, from 1."""
    node: ast.stmt
    binds: frozenset[str]
    """The names that it gives a value to."""
    changes: frozenset[str]
    """The names whose attributes or items it assigns to."""
    needs: frozenset[str]
    """The names from outside that it mentions."""


@dataclass(frozen=True)
class Cell:
    """One cell that may define parts."""

    place: int
    """From 1, counting all of the notebook's cells."""
    name: str
    """nbgrader's grade_id; empty without one."""
    set_up: bool
    source: str
    """Plain Python: IPython's own commands are translated."""
    statements: tuple[Statement, ...]
    syntax_error: SyntaxError | None = None

    @property
    def label(self) -> str:
        """How to call it so that its reader finds it."""
        return f"cell {self.place} ({self.name})" if self.name else f"cell {self.place}"


class NotebookCode:
    """The code of one notebook, without its checks and demonstrations."""

    def __init__(self, path: Path):
        self.path = path
        self.cells = list(_cells(path))
        self.statements = [statement for cell in self.cells for statement in cell.statements]

    @property
    def parts(self) -> set[str]:
        """The functions and classes that the notebook defines, and the exercises it names."""
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        defined = {each.node.name for each in self.statements if isinstance(each.node, definitions)}
        return defined | {cell.name for cell in self.cells if cell.name and not cell.set_up}

    def defines(self, name: str) -> bool:
        """Whether the student gives `name` a value here. An import does not: it is not their own."""
        assigned = (each for each in self.statements if isinstance(each.node, ast.Assign | ast.AnnAssign))
        values = (each for each in assigned if not self.cell(each.cell).set_up)
        return name in self.parts or any(name in each.binds for each in values)

    def cell(self, place: int) -> Cell:
        """The cell at a place, counted from 1."""
        return next(cell for cell in self.cells if cell.place == place)

    def cell_of(self, name: str) -> Cell | None:
        """The cell that should define `name`: its exercise's, or the last that does."""
        exercise = next((cell for cell in self.cells if cell.name == name), None)
        binding = [each.cell for each in self.statements if name in each.binds]
        return exercise or (self.cell(binding[-1]) if binding else None)

    def needed_for(self, name: str) -> list[Statement]:
        """The statements that `name` rests on, in the notebook's order."""
        wanted, chosen = {name}, set()
        while fresh := {i for i, each in enumerate(self.statements) if _serves(each, wanted)} - chosen:
            chosen |= fresh
            wanted |= {need for i in fresh for need in self.statements[i].needs}
        found = {bound for i in chosen for bound in self.statements[i].binds}
        if wanted - found - set(dir(builtins)):  # perhaps a star import brings the rest
            chosen |= {i for i, each in enumerate(self.statements) if _is_star_import(each.node)}
        return [self.statements[i] for i in sorted(chosen)]

    def unwritten(self, statements: list[Statement]) -> Iterator[str]:
        """Which functions, methods and cells of these are stubs; of two definitions the later counts."""
        last = {name: each for each in statements for name in each.binds}
        for name, each in last.items():
            yield from _stubs(name, each.node)
            if any(_is_stub(node) for node in ast.parse(self.cell(each.cell).source).body):
                yield name


def _serves(statement: Statement, wanted: set[str]) -> bool:
    return bool((statement.binds | statement.changes) & wanted)


def _cells(path: Path) -> Iterator[Cell]:
    for place, cell in enumerate(read_cells(path), start=1):
        tags = cell["metadata"].get("tags")
        tags = set(map(str, tags)) if isinstance(tags, list) else set()
        if cell["cell_type"] == "code" and not _NOT_PARTS & tags:
            yield _cell(place, cell["source"], cell["metadata"].get("nbgrader"), "set-up" in tags)


def _cell(place: int, source: str, nbgrader: Any, set_up: bool) -> Cell:
    from IPython.core.inputtransformer2 import TransformerManager

    name = str(nbgrader.get("grade_id", "")) if isinstance(nbgrader, dict) else ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a stray backslash the student hears where the cell is run
            source = TransformerManager().transform_cell(source)
            statements = tuple(_statement(place, node) for node in ast.parse(source).body)
    except SyntaxError as error:
        return Cell(place, name, set_up, source, (), error)
    return Cell(place, name, set_up, source, statements)


def _statement(place: int, node: ast.stmt) -> Statement:
    table = symtable.symtable(ast.unparse(node), "<cell>", "exec")
    binds = {each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()}
    changes, needs = frozenset(_changes(node)), frozenset(_outer_names(table))
    return Statement(place, node, frozenset(binds), changes, needs)


def _outer_names(table: symtable.SymbolTable) -> Iterator[str]:
    """Names that a statement takes from the notebook, also in functions and classes inside it."""
    at_top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (at_top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _outer_names(child)


def _changes(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for target in ast.walk(node):
        stored = isinstance(getattr(target, "ctx", None), ast.Store)
        if stored and isinstance(target, ast.Attribute | ast.Subscript):
            yield from _root(target)


def _root(target: ast.expr) -> Iterator[str]:
    while isinstance(target, ast.Attribute | ast.Subscript):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id


def _is_star_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _stubs(name: str, node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(_is_stub, node.body)):
        yield name
    elif isinstance(node, ast.ClassDef):
        for member in node.body:
            if isinstance(member, ast.FunctionDef):
                yield from _stubs(f"{name}.{member.name}", member)


def _is_stub(node: ast.stmt) -> bool:
    """Whether it is the line that stands for an answer not given yet, as nbgrader writes it."""
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
