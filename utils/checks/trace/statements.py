"""The statements of a notebook cell: which lines they span and which variables they use."""

import ast
import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

_HEADERS = (ast.For, ast.While, ast.If, ast.With, ast.Match)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_ANY = "*"
_LONGEST = 90  # characters of a statement that a card shows


@dataclass(frozen=True)
class Statement:
    """A simple statement, or the header of a compound one."""

    file: str
    first: int
    last: int
    """Its first and last line, counted from 1."""
    text: str
    """Its source in one line, shortened."""
    reads: frozenset[str]
    """The variables that it mentions: `q`, or `self.m` for an attribute."""
    writes: frozenset[str]
    """The variables that it assigns."""
    controls: frozenset[int] = frozenset()
    """The first lines of the `if`, `for` and `while` on which it depends: those around it, those around a
    change of a variable that it reads, and those that may have ended a loop or the function before it.
    """
    is_loop: bool = False
    condition: str = ""
    """For the header of an `if` or a `while`: `if 2 of 3` for the second of the function's three."""
    body: tuple[int, int] = (0, 0)
    """The first and last line of what a condition decides about."""
    is_return: bool = False
    is_bare_return: bool = False
    """Whether it only returns a variable, or a list of its items."""
    comment: str = ""
    """The comment at the end of its last line, which names its result in the official solution."""

    @property
    def place(self) -> tuple[str, int]:
        """The file and first line, by which the statement is known."""
        return self.file, self.first


def is_cell(file: str) -> bool:
    """Returns True if code of that file name was compiled from a notebook's cell."""
    return file.startswith("<ipython-input") or Path(file).parent.name.startswith("ipykernel_")


def statements_of(file: str) -> dict[int, Statement]:
    """Returns the statements of a cell by each of their lines; none if its source is not known."""
    return _parsed(file, tuple(linecache.getlines(file)))


@lru_cache(maxsize=128)
def _parsed(file: str, lines: tuple[str, ...]) -> dict[int, Statement]:
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return {}
    found: dict[int, Statement] = {}
    for function in [tree, *(each for each in ast.walk(tree) if isinstance(each, _FUNCTIONS))]:
        for statement in _of_function(file, lines, function):
            found |= {line: statement for line in range(statement.first, statement.last + 1)}
    return found


def _of_function(file: str, lines: tuple[str, ...], function: ast.AST) -> Iterator[Statement]:
    """Yields the statements of a function, without those of functions inside it."""
    nodes = list(_nodes(function, ()))
    affecting: dict[str, set[int]] = {}
    for node, around in nodes:
        for name in _changed(node):
            affecting.setdefault(name, set()).update(around)
    conditions = sorted(node.lineno for node, _ in nodes if isinstance(node, ast.If | ast.While))
    for node, around in nodes:
        statement = _statement(file, lines, node)
        controls = {*around, *affecting.get(_ANY, ())}
        for name in statement.reads:
            controls |= affecting.get(name, set())
        if isinstance(node, ast.If | ast.While):
            number = conditions.index(node.lineno) + 1
            statement = replace(
                statement,
                condition=f"if {number} of {len(conditions)}",
                body=(node.body[0].lineno, node.body[-1].end_lineno or 0),
            )
        yield replace(statement, controls=frozenset(controls - {node.lineno}))


def _nodes(parent: ast.AST, around: tuple[int, ...]) -> Iterator[tuple[ast.stmt, tuple[int, ...]]]:
    """Yields every statement with the lines of the headers around it."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        if isinstance(node, ast.stmt):
            yield node, around
            controls = isinstance(node, ast.For | ast.While | ast.If)
            yield from _nodes(node, (*around, node.lineno) if controls else around)
        elif isinstance(node, ast.ExceptHandler | ast.match_case):
            yield from _nodes(node, around)


def _changed(node: ast.stmt) -> Iterator[str]:
    """Yields the variables that a statement may change, and `_ANY` where it ends a loop or the function."""
    if isinstance(node, ast.Break | ast.Continue | ast.Return):
        yield _ANY
    elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
        yield from _names(
            [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)], (ast.Store,)
        )
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        # `merged.append(piece)` changes `merged`.
        function = node.value.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            yield function.value.id


def _statement(file: str, lines: tuple[str, ...], node: ast.stmt) -> Statement:
    parts = list(_own_parts(node))
    last = max((part.end_lineno or node.lineno for part in parts), default=node.lineno)
    if not isinstance(node, _HEADERS):
        last = node.end_lineno or last
    source = lines[node.lineno - 1 : last]
    text = " ".join(line.partition("  # ")[0].strip() for line in source)
    comment = re.search(r"  # (\w[\w ,]*)$", source[-1].rstrip()) if source else None
    return Statement(
        file,
        node.lineno,
        last,
        text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…",
        frozenset(_names(parts, (ast.Load, ast.Store))),
        frozenset(_names(parts, (ast.Store,))),
        is_loop=isinstance(node, ast.For | ast.While),
        is_return=isinstance(node, ast.Return),
        is_bare_return=isinstance(node, ast.Return) and _is_variable(node.value),
        comment=comment[1] if comment else "",
    )


def _is_variable(value: ast.expr | None) -> bool:
    """Returns True for a variable, also in `list(…)` or `tuple(…)`."""
    match value:
        case ast.Call(ast.Name("list" | "tuple" | "dict" | "set"), [inner], []):
            return _is_variable(inner)
    return isinstance(value, ast.Name)


def _own_parts(node: ast.stmt) -> Iterator[ast.expr]:
    """Yields the expressions of a statement, without those of the statements inside it."""
    for _, value in ast.iter_fields(node):
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.expr):
                yield item
            elif isinstance(item, ast.withitem):
                yield item.context_expr


def _names(parts: list[ast.expr], contexts: tuple[type, ...]) -> Iterator[str]:
    for part in parts:
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and isinstance(node.ctx, contexts):
                yield node.id
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if isinstance(node.ctx, contexts):
                    yield f"{node.value.id}.{node.attr}"
            elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                # `scores[i, j] = …` changes `scores`.
                yield from [node.value.id] if isinstance(node.ctx, ast.Store) else []
