"""Static analysis of a cell's code: its statements, the names it binds, its definitions.

IPython's own lines (`%magic`, `!command`, `name?`) count as statements that bind nothing. They are replaced
one by one, so that every statement keeps its line numbers; IPython's own translation takes minutes on text
written to be slow.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

LONGEST = 20_000
"""Characters of a cell that is parsed. Hostile text can cost Python's parser gigabytes and minutes: its
memory grows with the square of the number of dots in `import a.b.b…`."""
_MAGIC = re.compile(r"^(?P<indent>[ \t]*+)(?P<line>(?:[%!?]|[\w.]++\?{1,2}[ \t]*+$).*)$", re.MULTILINE)
_ASSIGNED = re.compile(r"^(?P<names>[ \t]*+[\w, \t]++=[ \t]*+)(?P<line>[%!].*)$", re.MULTILINE)
_MAX_DEPTH = 100
_MARK = "\0"
"""First character of the string that replaces a line of IPython's. Python source cannot contain it."""
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def parsed(code: str) -> list[ast.stmt] | None:
    """Return a cell's statements; None if it is not Python, or too long or too deeply nested to parse."""
    cache = _cache.get()
    if cache is None:
        return _parsed(code)
    if code not in cache.parsed:
        cache.left -= len(code)
        cache.parsed[code] = _parsed(code) if cache.left >= 0 else None
    return cache.parsed[code]


@dataclass
class _ParseCache:
    left: int = 10 * LONGEST
    """Characters that may still be parsed."""
    parsed: dict[str, list[ast.stmt] | None] = field(default_factory=dict)


_cache: ContextVar[_ParseCache | None] = ContextVar("_cache", default=None)


@contextmanager
def one_notebook() -> Iterator[None]:
    """Parse each text once within the context, and no more in all than ten cells of the greatest length."""
    token = _cache.set(_ParseCache())
    try:
        yield
    finally:
        _cache.reset(token)


def _parsed(code: str) -> list[ast.stmt] | None:
    if len(code) > LONGEST:
        return None
    body = _body(code)
    if body is None:  # tried second: a line that looks like a magic may be a part of a statement
        code = _MAGIC.sub(lambda found: found["indent"] + repr(_MARK + found["line"]), code)
        body = _body(_ASSIGNED.sub(lambda found: found["names"] + repr(_MARK + found["line"]), code))
    return body


def _body(code: str) -> list[ast.stmt] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the kernel warns of invalid escapes when the cell runs
            body = ast.parse(code).body
        return body if _is_shallow(body) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_shallow(body: list[ast.stmt]) -> bool:
    """True if the statements are nested no deeper than `_MAX_DEPTH`.

    `ast.dump` and `ast.unparse` are recursive, and would exceed the recursion limit on deeper ones.
    """
    todo: list[tuple[ast.AST, int]] = [(statement, 1) for statement in body]
    while todo:
        node, depth = todo.pop()
        if depth > _MAX_DEPTH:
            return False
        todo += ((child, depth + 1) for child in ast.iter_child_nodes(node))
    return True


def binds(code: str) -> frozenset[str]:
    """Return the functions, classes and variables that a cell binds at its top level, without its imports."""
    return frozenset(name for statement in parsed(code) or () for name in _bound(statement))


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
    elif isinstance(statement, ast.If | ast.Try | ast.With):
        for inner in ast.iter_child_nodes(statement):
            if isinstance(inner, ast.stmt):
                yield from _bound(inner)


def imported_modules(code: str) -> tuple[str, ...]:
    """Return the modules that a cell's top-level import statements name."""
    plain = [each for each in parsed(code) or () if isinstance(each, ast.Import)]
    froms = [each for each in parsed(code) or () if isinstance(each, ast.ImportFrom)]
    return (*(alias.name for each in plain for alias in each.names), *(each.module or "" for each in froms))


def definitions(code: str) -> str:
    """Return the source of a cell's imports, functions, classes and constants.

    It is empty if the cell has only imports or cannot be parsed.
    """
    kept = [statement for statement in parsed(code) or () if is_definition(statement)]
    only_imports = all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in kept)
    return "" if only_imports else "\n\n".join(map(ast.unparse, kept))


def is_definition(statement: ast.stmt) -> bool:
    """True if the statement is a definition: an import, a function, a class or a constant."""
    return isinstance(statement, _DEFINITIONS) or _is_constant(statement)


def same_code(code: str, other: str) -> bool:
    """True if two cells have the same statements, apart from blank lines and comments."""
    if code.strip() == other.strip():
        return True
    first, second = parsed(code), parsed(other)
    return (
        first is not None and second is not None and list(map(ast.dump, first)) == list(map(ast.dump, second))
    )


def additions(code: str, released: str) -> str:
    """Return the source of the statements that a changed cell has and the released one does not."""
    known = {ast.dump(statement) for statement in parsed(released) or ()}
    lines = code.split("\n")
    new = [
        each for each in parsed(code) or () if ast.dump(each) not in known and not isinstance(each, ast.Pass)
    ]
    return "\n".join(line for statement in new for line in _lines_of(statement, lines))


def _lines_of(statement: ast.stmt, lines: list[str]) -> Iterable[str]:
    decorators = getattr(statement, "decorator_list", ())
    first = min([statement.lineno, *(each.lineno for each in decorators)])
    return lines[first - 1 : statement.end_lineno]


def is_prose(code: str) -> bool:
    """True if the text of a code cell is prose: comments only, or not Python."""
    return bool(code.strip()) and not parsed(code)


def _is_constant(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign):
        return False
    value = statement.value
    if isinstance(value, ast.Constant) and str(value.value).startswith(_MARK):
        return False  # `files = !ls`
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True
