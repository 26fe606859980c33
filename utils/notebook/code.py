"""A cell's code taken apart without being run: its statements, what it binds, what it defines.

IPython's own lines (`%magic`, `!command`, `name?`) count as statements that bind nothing. They are replaced
line by line, so that every statement keeps its line numbers: IPython's full translation takes minutes on text
that means to be slow.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

LONGEST = 20_000
"""Characters of a cell that is read. Text that means to be takes Python's parser gigabytes and minutes: its
memory grows with the square of the dots in `import a.b.b…`."""
_MAGIC = re.compile(r"^(?P<indent>[ \t]*+)(?P<line>(?:[%!?]|[\w.]++\?{1,2}[ \t]*+$).*)$", re.MULTILINE)
_ASSIGNED = re.compile(r"^(?P<names>[ \t]*+[\w, \t]++=[ \t]*+)(?P<line>[%!].*)$", re.MULTILINE)
_DEEPEST = 100
_MARK = "\0"
"""Begins the text that stands for a line of IPython's. Python's own source cannot hold it."""
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def parsed(code: str) -> list[ast.stmt] | None:
    """The statements of a cell; None where it is not Python, or too long or nested too deeply to be read."""
    known = _reading.get()
    if known is None:
        return _parsed(code)
    if code not in known.parsed:
        known.left -= len(code)
        known.parsed[code] = _parsed(code) if known.left >= 0 else None
    return known.parsed[code]


@dataclass
class _Reading:
    left: int = 10 * LONGEST
    parsed: dict[str, list[ast.stmt] | None] = field(default_factory=dict)


_reading: ContextVar[_Reading | None] = ContextVar("_reading", default=None)


@contextmanager
def one_notebook() -> Iterator[None]:
    """Inside, each text is parsed once, and of all together no more than ten of the longest cells."""
    token = _reading.set(_Reading())
    try:
        yield
    finally:
        _reading.reset(token)


def _parsed(code: str) -> list[ast.stmt] | None:
    if len(code) > LONGEST:
        return None
    body = _body(code)
    if body is None:  # a line that looks like a magic may as well be a part of a statement
        code = _MAGIC.sub(lambda found: found["indent"] + repr(_MARK + found["line"]), code)
        body = _body(_ASSIGNED.sub(lambda found: found["names"] + repr(_MARK + found["line"]), code))
    return body


def _body(code: str) -> list[ast.stmt] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a stray backslash its writer is told where the cell runs
            body = ast.parse(code).body
        return body if _is_shallow(body) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_shallow(body: list[ast.stmt]) -> bool:
    """Whether the statements are nested no deeper than people write.

    Python's own functions that walk them call themselves at each level.
    """
    todo: list[tuple[ast.AST, int]] = [(statement, 1) for statement in body]
    while todo:
        node, depth = todo.pop()
        if depth > _DEEPEST:
            return False
        todo += ((child, depth + 1) for child in ast.iter_child_nodes(node))
    return True


def binds(code: str) -> frozenset[str]:
    """The functions, classes and variables that a cell gives a value to at its top level; not its imports."""
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
    """The modules that a cell's top-level import statements name."""
    plain = [each for each in parsed(code) or () if isinstance(each, ast.Import)]
    froms = [each for each in parsed(code) or () if isinstance(each, ast.ImportFrom)]
    return (*(alias.name for each in plain for alias in each.names), *(each.module or "" for each in froms))


def definitions(code: str) -> str:
    """The imports, functions, classes and constants of a cell; empty if it has nothing but imports, or cannot
    be read.
    """
    kept = [statement for statement in parsed(code) or () if is_definition(statement)]
    only_imports = all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in kept)
    return "" if only_imports else "\n\n".join(map(ast.unparse, kept))


def is_definition(statement: ast.stmt) -> bool:
    """Whether the statement only defines something: an import, a function, a class, a constant."""
    return isinstance(statement, _DEFINITIONS) or _is_constant(statement)


def same_code(code: str, other: str) -> bool:
    """Whether two cells have the same statements, whatever their blank lines and comments."""
    if code.strip() == other.strip():
        return True
    first, second = parsed(code), parsed(other)
    return (
        first is not None and second is not None and list(map(ast.dump, first)) == list(map(ast.dump, second))
    )


def additions(code: str, released: str) -> str:
    """The statements of a changed cell that the released one does not have, as they are written there."""
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
    """Whether the text of a code cell is words: comments alone, or no Python at all."""
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
