"""Small changes of one statement of a student's code: the slips that people make, undone.

Where exactly one statement has a change that makes the result right, the mistake is there. The change itself
is never shown.
"""

import ast
import copy
import itertools
import linecache
import types
from collections.abc import Iterator
from typing import Any

from utils.checks.engine.isolation import captured_warnings
from utils.checks.trace.limits import times
from utils.checks.trace.statements import Statement

_SIMILAR = [
    ("sum", "mean"),
    ("sum", "prod"),
    ("sum", "cumsum"),
    ("log", "log2"),
    ("var", "std"),
    ("softmax", "log_softmax"),
    ("repeat", "repeat_interleave"),
    ("train", "eval"),
    ("append", "extend"),
    ("items", "values"),
    ("max", "min"),
    ("amax", "amin"),
    ("argmax", "argmin"),
    ("tril", "triu"),
    ("cat", "stack"),
    ("any", "all"),
    ("zeros", "ones"),
    ("floor", "ceil"),
    ("sin", "cos"),
    ("exp", "log"),
]
_OTHER_NAMES: dict[str, list[str]] = {}
for _one, _other in _SIMILAR:
    _OTHER_NAMES.setdefault(_one, []).append(_other)
    _OTHER_NAMES.setdefault(_other, []).append(_one)
_OTHER_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.MatMult)
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt, ast.GtE),
    ast.Gt: (ast.GtE, ast.LtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_Field = tuple[ast.AST, str]
"""A node, and the name of the field that holds an expression of it."""
_FILE = "<ipython-input-changed>"
_TIMES = "times_of_the_trace"
_MAX_NAMES = 8


class Program:
    """A student's function or class, from which versions with one changed statement are made."""

    def __init__(self, submission: Any):
        self._name = submission.__name__
        functions = [submission, *vars(submission).values()] if isinstance(submission, type) else [submission]
        found = [each for each in functions if isinstance(each, types.FunctionType)]
        self._globals = found[0].__globals__ if found else {}
        self._file = found[0].__code__.co_filename if found else ""

    def holds(self, statement: Statement) -> bool:
        """Returns whether the statement is in the function or class itself, not in one that it calls."""
        return statement.file == self._file and any(
            node.name == self._name and node.lineno <= statement.first <= (node.end_lineno or 0)
            for node in _tree(self._file).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        )

    def versions(self, statement: Statement) -> Iterator[Any]:
        """Yields the program with one small change of the statement each."""
        if statement.file != self._file:
            return
        tree = _tree(self._file)
        found = _find(tree, statement)
        if found is None:
            return
        function, place = found
        names = _variables(function)
        parent, number = _place(tree, place)
        changes: list[tuple[_Field, int | None, Any, ast.AST]] = [
            (parent, number, place, other) for other in _statements(place)
        ]
        changes += [
            (field, at, node, other)
            for field, at, node in _expressions(place)
            for other in _changes(node, names)
        ]
        value = getattr(place, "value", None)
        changes += [((place, "value"), None, value, other) for other in _additions(place, names)]
        for field, index, node, other in changes:
            # Only the new nodes have no line yet.
            _put(field, index, ast.fix_missing_locations(ast.copy_location(other, node)))
            try:
                version = self._defined(tree)
            except Exception:  # not every change can be compiled
                continue
            finally:
                _put(field, index, node)
            yield version

    def _defined(self, tree: ast.Module) -> Any:
        definitions: list[ast.stmt] = [
            node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        namespace = {**self._globals, _TIMES: times}
        with captured_warnings():  # such as "str indices must be integers", of a change that makes no sense
            exec(compile(ast.Module(definitions, []), _FILE, "exec"), namespace)
        return namespace[self._name]


def _tree(file: str) -> ast.Module:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _find(tree: ast.Module, statement: Statement) -> tuple[ast.AST, ast.stmt] | None:
    """Returns the statement's node, and the function that it is in."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.stmt) and node is not function and node.lineno == statement.first:
                    return function, node
    return None


def _variables(function: ast.AST) -> list[str]:
    assert isinstance(function, ast.FunctionDef)
    names = [each.arg for each in (*function.args.args, *function.args.kwonlyargs) if each.arg != "self"]
    names += [
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return list(dict.fromkeys(names))[:_MAX_NAMES]


def _put(field: _Field, index: int | None, node: Any) -> None:
    owner, name = field
    if index is None:
        setattr(owner, name, node)
    else:
        getattr(owner, name)[index] = node


def _expressions(parent: ast.AST) -> Iterator[tuple[_Field, int | None, ast.AST]]:
    """Yields the expressions of a statement with their places, without statements inside it."""
    for name, value in ast.iter_fields(parent):
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(node, ast.expr | ast.keyword | ast.comprehension | ast.slice):
                if isinstance(node, ast.expr):
                    yield (parent, name), index, node
                yield from _expressions(node)


def _place(tree: ast.Module, place: ast.stmt) -> tuple[_Field, int]:
    """Returns where a statement is."""
    return next(
        ((parent, name), value.index(place))
        for parent in ast.walk(tree)
        for name, value in ast.iter_fields(parent)
        if isinstance(value, list) and place in value
    )


def _statements(place: ast.stmt) -> Iterator[ast.stmt]:
    """Yields a statement that makes a new value in place of one that changes its variable, and others."""
    if isinstance(place, ast.Assign) and isinstance(place.targets[0], ast.Name):
        yield ast.AugAssign(place.targets[0], ast.Add(), place.value)
    if not isinstance(place, ast.AugAssign):
        return
    read = copy.copy(place.target)
    read.ctx = ast.Load()
    yield ast.Assign([place.target], ast.BinOp(read, place.op, place.value))
    for other in _OTHER_OPERATORS.get(type(place.op), ()):
        yield ast.Assign([place.target], _binary(read, other, place.value))


def _binary(left: ast.expr, kind: type[ast.operator], right: ast.expr) -> ast.expr:
    """Returns an operation; a product as a call that does not repeat a list too often."""
    if kind is ast.Mult:
        return ast.Call(ast.Name(_TIMES, ast.Load()), [left, right], [])
    return ast.BinOp(left, kind(), right)


def _changes(node: ast.AST, names: list[str]) -> Iterator[ast.expr]:
    match node:
        case ast.Call(ast.Attribute(owner, name)) if name.endswith("_") and not name.endswith("__"):
            # `x.add_(1)` changes x, `x.add(1)` does not.
            yield ast.Call(ast.Attribute(owner, name[:-1], ast.Load()), node.args, node.keywords)
    match node:
        case ast.BinOp():
            for other in _OTHER_OPERATORS.get(type(node.op), ()):
                yield _binary(node.left, other, node.right)
            if isinstance(node.op, _ORDERED):
                yield ast.BinOp(node.right, node.op, node.left)
            yield node.left
            yield node.right
        case ast.UnaryOp():
            yield node.operand
            if isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, int):
                yield ast.UnaryOp(node.op, ast.Constant(node.operand.value + 1))
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield from (ast.Constant(each) for each in (value + 1, value - 1, -value - 1) if each != value)
        case ast.Constant(value=float() as value):
            # β in place of 1 − β, and a half or the double of a number.
            yield from (ast.Constant(each) for each in (1 - value, 2 * value, value / 2) if each != value)
        case ast.Tuple(elts=[first, second, *rest], ctx=context):
            yield ast.Tuple([second, first, *rest], context)
            if rest:
                yield ast.Tuple([first, rest[0], second, *rest[1:]], context)
        case ast.Compare(ops=[operator]):
            for kind in _COMPARISONS.get(type(operator), ()):
                yield ast.Compare(node.left, [kind()], node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.Name(ctx=ast.Load()):
            yield from (ast.Name(name, ast.Load()) for name in names if name != node.id)
        case ast.Attribute(attr=name) if name in _OTHER_NAMES:
            yield from (ast.Attribute(node.value, each, node.ctx) for each in _OTHER_NAMES[name])
        case ast.Attribute(attr="T" | "mT"):
            yield node.value
        case ast.Call():
            yield from _calls(node)
        case ast.Subscript(slice=ast.Slice(lower, upper, step)):
            yield node.value
            yield from (
                ast.Subscript(node.value, ast.Slice(bound, upper, step), node.ctx)
                for bound in _neighbours(lower)
            )
            yield from (
                ast.Subscript(node.value, ast.Slice(lower, bound, step), node.ctx)
                for bound in _neighbours(upper)
            )
        case ast.Subscript(slice=ast.Name() as index):
            yield from (ast.Subscript(node.value, each, node.ctx) for each in _neighbours(index))
    if isinstance(node, ast.Call | ast.Name | ast.BinOp) and not isinstance(
        getattr(node, "ctx", None), ast.Store
    ):
        yield ast.UnaryOp(ast.USub(), node)


def _calls(call: ast.Call) -> Iterator[ast.expr]:
    """Yields a call with two arguments the wrong way round, and a range with other ends."""
    for one, other in itertools.combinations(range(min(len(call.args), 4)), 2):
        args = list(call.args)
        args[one], args[other] = args[other], args[one]
        yield ast.Call(call.func, args, call.keywords)
    if isinstance(call.func, ast.Name) and call.func.id == "range":
        for number, argument in enumerate(call.args):
            for bound in _neighbours(argument):
                yield ast.Call(call.func, [*call.args[:number], bound, *call.args[number + 1 :]], [])


def _neighbours(bound: ast.expr | None) -> Iterator[ast.expr]:
    """Yields a bound or an index plus and minus 1; numbers are changed in their own place."""
    if isinstance(bound, ast.Name | ast.Attribute | ast.Call | ast.BinOp):
        yield ast.BinOp(bound, ast.Add(), ast.Constant(1))
        yield ast.BinOp(bound, ast.Sub(), ast.Constant(1))


def _additions(place: ast.stmt, names: list[str]) -> Iterator[ast.expr]:
    """Yields the whole value of a statement with one more term or factor."""
    value = getattr(place, "value", None)
    if isinstance(value, ast.expr) and isinstance(place, ast.Assign | ast.Return):
        for name in names:
            for operator in (ast.Add, ast.Mult, ast.Div, ast.Sub):
                yield _binary(value, operator, ast.Name(name, ast.Load()))
