"""Generates all mutants of one cell: one small change each, no two equivalent in bytecode."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from grader.notebook.cells import BEGIN, END
from grader.tools.mutation.expressions import OPERATORS
from grader.tools.mutation.names import other_names
from grader.tools.mutation.statements import mutated


@dataclass(frozen=True)
class Mutant:
    """A solution with one small change."""

    change: str
    """The changed lines, as in `return x {+ → -} 1`: its name, unique within the cell."""
    code: str
    """The code of the whole cell."""


@dataclass(frozen=True)
class _Place:
    """The location of a node in the tree."""

    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        """Replaces the node at this location."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants_of(cell: str, operator: Callable[[ast.AST], Iterator[ast.AST]] | None = None) -> list[Mutant]:
    """Returns every mutant of the solution regions of a work cell.

    Args:
        cell: the cell's source, with nbgrader's marks.
        operator: yields replacements of a node, in place of the operators of mutation testing.
    """
    tree = ast.parse(cell)
    original = ast.unparse(tree)
    seen = {_fingerprint(original)}
    names: dict[str, int] = {}
    found = []
    for code in _changed_codes(tree, _solution_lines(cell), operator):
        fingerprint = _fingerprint(code)
        if fingerprint is None or fingerprint in seen:
            continue
        seen.add(fingerprint)
        change = _change(original, code)
        names[change] = names.get(change, 0) + 1
        found.append(Mutant(change if names[change] == 1 else f"{change}  #{names[change]}", code))
    return found


def _solution_lines(cell: str) -> set[int]:
    """Returns the numbers of the lines in solution regions; of all lines if there are no marks."""
    lines = cell.split("\n")
    inside, found = False, set()
    for number, line in enumerate(lines, 1):
        inside = (inside or BEGIN in line) and END not in line
        if inside:
            found.add(number)
    return found or set(range(1, len(lines) + 1))


def _changed_codes(
    tree: ast.Module, lines: set[int], operator: Callable[[ast.AST], Iterator[ast.AST]] | None
) -> Iterator[str]:
    for place, node, replacements in list(_replacements(tree, lines, operator)):
        for replacement in replacements:
            place.put(replacement)
            try:
                yield ast.unparse(ast.fix_missing_locations(tree))
            except (ValueError, TypeError):  # not every tree can be written as code
                pass
            finally:
                place.put(node)


def _replacements(
    tree: ast.Module, lines: set[int], operator: Callable[[ast.AST], Iterator[ast.AST]] | None
) -> Iterator[tuple[_Place, ast.AST, list[ast.AST]]]:
    names = other_names(tree)
    for place, node in _nodes(tree):
        if getattr(node, "lineno", None) not in lines:
            continue
        if operator:
            yield place, node, list(operator(node))
        elif isinstance(node, ast.stmt):
            body = getattr(place.parent, place.field)
            is_last = isinstance(place.parent, ast.FunctionDef) and place.index == len(body) - 1
            yield place, node, list(mutated(node, is_last))
        elif of_type := OPERATORS.get(type(node)):
            yield place, node, list(of_type(node))
        elif node in names:
            yield place, node, names[node]


def _nodes(parent: ast.AST) -> Iterator[tuple[_Place, ast.AST]]:
    """Yields every node below, outermost first.

    Annotations, decorators, docstrings, texts of f-strings and errors are left out.
    """
    for field, value in ast.iter_fields(parent):
        if field in {"annotation", "returns", "decorator_list"} or isinstance(parent, ast.Raise):
            continue
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or _is_text(parent, node):
                continue
            yield _Place(parent, field, index), node
            yield from _nodes(node)


def _is_text(parent: ast.AST, node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(parent, ast.JoinedStr | ast.Expr)


def _fingerprint(code: str) -> Any:
    """Returns the program's bytecode and constants, without line numbers; None if it does not compile."""
    try:
        return _instructions(compile(code, "cell", "exec"))
    except (SyntaxError, ValueError):
        return None


def _instructions(code: CodeType) -> tuple[Any, ...]:
    constants = tuple(
        _instructions(each) if isinstance(each, CodeType) else (type(each).__name__, repr(each))
        for each in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars


def _change(original: str, code: str) -> str:
    """Returns the changed lines, with the difference written as `{before → after}`."""
    old, new = original.split("\n"), code.split("\n")
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    before, after = (" ; ".join(map(str.strip, each[start : len(each) - end])) for each in (old, new))
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    while start and _in_word(before[start - 1]):
        start -= 1
    while end and _in_word(before[-end]):
        end -= 1
    marked = f"{{{before[start : len(before) - end]} → {after[start : len(after) - end]}}}"
    return before[:start] + marked + (before[-end:] if end else "")


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Returns the length of the common prefix."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _in_word(character: str) -> bool:
    return character.isalnum() or character in "_."
