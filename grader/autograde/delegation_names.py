"""Finds the signs in a piece of code: names, however they are reached, assignments, magics."""

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from grader.autograde.delegation_rules import (
    RUN_CODE,
    attribute_problem,
    import_problem,
    is_allowed,
    magic_problem,
    name_problem,
)

Found = tuple[int, str]
"""A line, counted from 1, and the problem in it."""

_MAGIC = re.compile(
    r"^(?P<indent>[ \t]*+)(?P<to>[\w, \t]*+=[ \t]*+)?(?P<sign>%%?|!!?|\?)(?P<name>\w*+)(?P<rest>.*)$",
    re.MULTILINE,
)
"""Lines of IPython's own syntax. IPython's own translation is too slow for hostile text."""
_CALL = re.compile(r"^(?P<indent>[ \t]*+)[/,;](?P<name>[\w.]++).*$", re.MULTILINE)
"""IPython's `/f x` for `f(x)`, and `,f x` and `;f x` for `f("x")`."""
_OPTIONS = re.compile(r"^(?:[ \t]*+-(?:[nr][ \t]*+\d++|[ospqc]++\b))*+")
_WORD = re.compile(r"(?:import|from)[ \t]++(?P<module>[\w.]++)|(?P<name>[^\W\d]\w*+(?:(?:\.\w++)++|(?=\()))")
"""Dotted names and calls, in text that Python cannot parse as a whole and IPython runs."""
_DUNDER = re.compile(r"^__\w+__$|\{[^{}]*\.__\w+__")
_BY_NAME = ("getattr", "setattr", "vars", "type")
"""Functions that honest code calls on its own objects, with literal names."""


def found_in(
    code: str, bound: dict[str, str], forbidden: Sequence[str], own: Collection[str]
) -> Iterator[Found]:
    """Yields every sign in a cell, in no order.

    Args:
        code: the cell's source.
        bound: full names by the names that were imported so far. The cell's own are added.
        forbidden: full names of functions that would do the exercise's work.
        own: the modules and full names that the instructor's own cells import.
    """
    magics: list[tuple[int, re.Match]] = []
    plain = code
    if not _is_python(code):  # no line of IPython's own syntax is valid Python
        plain = _CALL.sub(r"\g<indent>\g<name>", code)
        plain = _MAGIC.sub(lambda found: _without_magic(found, code, magics), plain)
    for line, magic in magics:
        if magic["sign"] in ("%", "%%") and (problem := magic_problem(magic["name"], magic["rest"])):
            yield line, problem
        for _, name in _words(magic["rest"]):
            if problem := name_problem(name, forbidden, (), True):
                yield line, problem
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        for line, name in _words(plain):
            problem = name_problem(name, forbidden, own, True) or attribute_problem(name.rpartition(".")[2])
            if problem:
                yield line, problem
        return
    yield from _Reader(bound, forbidden, own).read(tree)


def _without_magic(found: re.Match, code: str, magics: list[tuple[int, re.Match]]) -> str:
    """Returns the line as Python: the code after `%time`, or `pass`."""
    if found["sign"].startswith("%") and not found["name"]:
        return found[0]  # the second line of a long expression
    magics.append((code.count("\n", 0, found.start()) + 1, found))
    beside = _OPTIONS.sub("", found["rest"], count=1).strip()
    if found["sign"].startswith("%") and found["name"] in RUN_CODE and _is_python(beside):
        return f"{found['indent']}{found['to'] or ''}{beside or 'pass'}"
    return f"{found['indent']}{found['to'] or ''}{'None' if found['to'] else 'pass'}"


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _words(code: str) -> Iterator[Found]:
    """Yields what looks like the name of a module or of a called function, with its line."""
    for line, text in enumerate(code.split("\n"), start=1):
        for found in _WORD.finditer(text):
            yield line, found["module"] or found["name"]


class _Reader:
    def __init__(self, bound: dict[str, str], forbidden: Sequence[str], own: Collection[str]):
        self._bound = bound
        self._forbidden, self._own = forbidden, own

    def read(self, tree: ast.Module) -> Iterator[Found]:
        """Yields the signs in a whole cell."""
        nodes = list(ast.walk(tree))
        for node in nodes:
            yield from self._imports(node)
        for node in nodes:
            self._take_alias(node)
        self._passed = {
            id(node.value) for node in nodes if isinstance(node, ast.Attribute) and self._is_harmless(node)
        }
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        for node in nodes:
            yield from self._look(node, called)

    def _imports(self, node: ast.AST) -> Iterator[Found]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                self._bound[alias.asname or first] = alias.name if alias.asname else first
                yield from self._import(node.lineno, alias.name, alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                self._bound[alias.asname or alias.name] = f"{module}.{alias.name}"
                yield from self._import(node.lineno, module, f"{module}.{alias.name}")

    def _import(self, line: int, module: str, name: str) -> Iterator[Found]:
        problem = name_problem(name, self._forbidden, self._own, True)
        if not problem and not any(name == each for each in self._own):
            problem = import_problem(module, self._own) if name == module else self._from(module, name)
        if problem:
            yield line, problem

    def _from(self, module: str, name: str) -> str:
        """Returns the problem of `from module import x`, where x may be a module or something in one."""
        return import_problem(name, self._own) and import_problem(module, self._own)

    def _take_alias(self, node: ast.AST) -> None:
        """Adds the name that `t = torch` gives a module."""
        if isinstance(node, ast.Assign | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            full = self._full(node.value)
            for target in targets:
                if isinstance(target, ast.Name) and full and target.id not in self._bound:
                    self._bound[target.id] = full

    def _full(self, node: ast.AST) -> str:
        """Returns the full name of what was imported; empty for anything else."""
        first, dot, rest = _dotted(node).partition(".")
        return f"{self._bound[first]}{dot}{rest}" if first in self._bound else ""

    def _is_harmless(self, node: ast.Attribute) -> bool:
        """Returns whether the attribute excuses its object: `torch.jit.script`, `x.__class__.__name__`."""
        return node.attr in ("__name__", "__qualname__") or is_allowed(self._full(node))

    def _look(self, node: ast.AST, called: Collection[int]) -> Iterator[Found]:
        problems: list[str] = []
        if id(node) in self._passed:
            return
        if isinstance(node, ast.Attribute):
            name = self._full(node)
            problems += [name_problem(name, self._forbidden, self._own, True)] if name else []
            problems += [name_problem(f"torch.Tensor.{node.attr}", self._forbidden, (), False)]
            problems += [attribute_problem(node.attr)]
            problems += [self._store(node)] if isinstance(node.ctx, ast.Store | ast.Del) else []
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            name = self._bound.get(node.id, node.id)
            problems += [name_problem(name, self._forbidden, self._own, node.id in self._bound)]
            if node.id in _BY_NAME and id(node) not in called and node.id != "type":
                problems += [f"uses {node.id} under another name, or hands it on"]
        elif isinstance(node, ast.Call):
            problems += [self._call(node)]
        elif isinstance(node, ast.MatchClass):
            problems += [attribute_problem(each) for each in node.kwd_attrs]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_inside(node.value):
            problems += ["names what other code keeps to itself in a text"]
        for problem in filter(None, problems):
            yield getattr(node, "lineno", 0), problem

    def _store(self, target: ast.Attribute) -> str:
        """Returns the problem of an assignment to an attribute of what the code has not made itself."""
        if full := self._full(target):
            return f"changes {full}, which is not its own"
        base = target.value
        while isinstance(base, ast.Attribute | ast.Subscript):
            base = base.value
        if isinstance(base, ast.Call) and _dotted(base.func) == "type":
            return "changes a class that it did not name"
        return ""

    def _call(self, call: ast.Call) -> str:
        name = _dotted(call.func)
        if self._full(call.func) == "torch.load" and not all(map(_is_safe, call.keywords)):
            return "uses torch.load without weights_only: it reads code from a file"
        if name == "type" and len(call.args) + len(call.keywords) > 1:
            return "makes a class while it runs, by type"
        if name not in _BY_NAME or not call.args:
            return ""
        full = self._full(call.args[0])
        if name == "vars":
            return f"uses something of {full} whose name is put together while it runs" if full else ""
        if name == "setattr" and full:
            return f"changes {full}, which is not its own"
        if name == "type" or len(call.args) < 2:
            return ""
        return self._by_name(full, call.args[0], call.args[1])

    def _by_name(self, full: str, target: ast.AST, named: ast.AST) -> str:
        """Returns the problem of `getattr` or `setattr`, whose name may be computed."""
        if isinstance(named, ast.Constant) and isinstance(named.value, str):
            name = f"{full}.{named.value}" if full else named.value
            problem = attribute_problem(named.value)
            return problem or (name_problem(name, self._forbidden, self._own, True) if full else "")
        begins = isinstance(named, ast.JoinedStr) and isinstance(named.values[0], ast.Constant)
        if full:
            return f"uses something of {full} whose name is put together while it runs"
        if begins or isinstance(target, ast.Name):  # an object of the code's own
            return ""
        return "uses an attribute whose name is put together while it runs"


def _is_safe(keyword: ast.keyword) -> bool:
    """Returns whether `torch.load` with this argument reads tensors and no code."""
    safe = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
    return safe if keyword.arg == "weights_only" else keyword.arg in ("f", "map_location", "mmap")


def _is_inside(text: str) -> bool:
    return bool(_DUNDER.search(text)) and bool(text.startswith("{") or "{" in text or attribute_problem(text))


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    if isinstance(node, ast.NamedExpr):
        return _dotted(node.value)
    return node.id if isinstance(node, ast.Name) else ""
