"""Static analysis of a student's notebook, so that one definition can be run with what it needs."""

import ast
import builtins
import symtable
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.notebook.file import read_cells

_NOT_PARTS = {"check", "look"}  # kinds of cells whose definitions no other cell needs


@dataclass(frozen=True)
class Statement:
    """One statement at the top level of a cell."""

    cell: int
    """The position of its cell in the notebook, from 1."""
    node: ast.stmt
    binds: frozenset[str]
    """The names that it binds."""
    changes: frozenset[str]
    """The names to whose attributes or items it assigns."""
    needs: frozenset[str]
    """The global names that it uses."""


@dataclass(frozen=True)
class Cell:
    """One cell that may define parts."""

    place: int
    """Its position among all cells of the notebook, from 1."""
    name: str
    """nbgrader's grade_id; empty if there is none."""
    set_up: bool
    source: str
    """Python, with IPython's magics translated."""
    statements: tuple[Statement, ...]
    syntax_error: SyntaxError | None = None

    @property
    def label(self) -> str:
        """A name by which the student finds the cell."""
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
        """True if the student binds `name` here. An import does not count: it is not their own work."""
        assigned = (each for each in self.statements if isinstance(each.node, ast.Assign | ast.AnnAssign))
        values = (each for each in assigned if not self.cell(each.cell).set_up)
        return name in self.parts or any(name in each.binds for each in values)

    def cell(self, place: int) -> Cell:
        """Return the cell at a position, counted from 1."""
        return next(cell for cell in self.cells if cell.place == place)

    def cell_of(self, name: str) -> Cell | None:
        """Return the cell that should define `name`: its exercise's, else the last that binds it."""
        exercise = next((cell for cell in self.cells if cell.name == name), None)
        binding = [each.cell for each in self.statements if name in each.binds]
        return exercise or (self.cell(binding[-1]) if binding else None)

    def needed_for(self, name: str) -> list[Statement]:
        """Return the statements that `name` depends on, in the notebook's order."""
        wanted, chosen = {name}, set[int]()
        while fresh := {i for i, each in enumerate(self.statements) if _serves(each, wanted)} - chosen:
            chosen |= fresh
            wanted |= {need for i in fresh for need in self.statements[i].needs}
        found = {bound for i in chosen for bound in self.statements[i].binds}
        if wanted - found - set(dir(builtins)):  # perhaps a star import brings the rest
            chosen |= {i for i, each in enumerate(self.statements) if _is_star_import(each.node)}
        return [self.statements[i] for i in sorted(chosen)]

    def unwritten(self, statements: list[Statement]) -> Iterator[str]:
        """Yield the functions, methods and cells that are stubs; of two definitions the later counts."""
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
            warnings.simplefilter("ignore")  # the kernel warns of invalid escapes when the cell runs
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
    """Yield the global names that a statement uses, also in its nested functions and classes."""
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
    """True if the statement is the stub that nbgrader puts in place of a solution."""
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
