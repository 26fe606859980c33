"""The kind of a bug, from the difference between the right program and the wrong one."""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader.tools.trace.in_place import COPIES, METHODS

ASKED = (
    "swapped operands",
    "off by one",
    "wrong axis",
    "missing term",
    "wrong sign",
    "wrong constant",
    "in place on a view",
    "wrong loop bound",
)
"""The kinds that the measurement must have."""
OTHERS = (
    "wrong slice",
    "wrong operator",
    "comparison",
    "wrong variable",
    "call changed",
    "other value",
    "other",
)
_AXES = {"dim", "axis", "dims", "dim0", "dim1", "start_dim", "end_dim"}
_WITH_AXES = (
    *("all", "amax", "amin", "any", "argmax", "argmin", "argsort", "cat", "chunk", "cumprod", "cumsum"),
    *("flatten", "flip", "gather", "index_select", "log_softmax", "logsumexp", "max", "mean", "min"),
    *("movedim", "norm", "permute", "prod", "select", "size", "softmax", "sort", "split", "squeeze"),
    *("stack", "std", "sum", "swapaxes", "transpose", "unbind", "unsqueeze", "var"),
)
"""Functions and methods whose integer arguments are axes."""


@dataclass(frozen=True)
class Difference:
    """Where two programs differ."""

    before: Any
    """The outermost node that differs, or a value of a node's field."""
    after: Any
    line: int | None
    """The first line of the statement that it is in."""
    around: tuple[ast.AST, ...] = ()
    """The nodes around it, the outermost first."""


def difference(one: Any, other: Any) -> Difference | None:
    """Returns the difference of two trees; None if there is none."""
    return _difference(one, other, None, ())


def _difference(one: Any, other: Any, line: int | None, around: tuple[ast.AST, ...]) -> Difference | None:
    if isinstance(other, ast.stmt):
        line = other.lineno
    if type(one) is not type(other) or not isinstance(one, ast.AST):
        same = one == other and type(one) is type(other)
        return None if same else Difference(one, other, line, around)
    differing = [
        found
        for field in one._fields
        for found in _field_differences(
            getattr(one, field, None), getattr(other, field, None), line, (*around, one)
        )
    ]
    if not differing:
        return None
    return differing[0] if len(differing) == 1 else Difference(one, other, line, around)


def _field_differences(
    one: Any, other: Any, line: int | None, around: tuple[ast.AST, ...]
) -> Iterator[Difference]:
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield Difference(one, other, line, around)
            return
        for pair in zip(one, other, strict=True):
            if found := _difference(*pair, line, around):
                yield found
    elif found := _difference(one, other, line, around):
        yield found


def kind_of(found: Difference) -> str:
    """Returns the kind of a change; empty for changes that are no slips, as a statement left out."""
    before, after = found.before, found.after
    if _is_no_slip(before, after):
        return ""
    if _is_in_place(found):
        return "in place on a view"
    if _is_loop_bound(found):
        return "wrong loop bound"
    if _is_axis(found):
        return "wrong axis"
    if isinstance(found.around[-1], ast.Constant) and isinstance(before, str):
        return "other value"
    if _is_variable(found) and _name(found.around[-2]) not in (found.before, found.after):
        return "wrong variable"
    if isinstance(found.around[-1], ast.Slice):
        return "off by one" if isinstance(after, ast.BinOp | int) else "wrong slice"
    return _kind(before, after)


def _is_no_slip(before: Any, after: Any) -> bool:
    match before, after:
        case (ast.stmt(), ast.Pass()) | (ast.Return(), _) | (ast.Break() | ast.Continue(), _):
            return True
        case _, ast.Constant(value=bool()):
            return True
    return False


def _is_in_place(found: Difference) -> bool:
    match found.before, found.after:
        case ast.Assign(), ast.AugAssign():
            return True
        case ast.Call(ast.Attribute(_, name) | ast.Name(name)), _ if name in COPIES:
            return not isinstance(found.after, ast.Call)
        case str() as name, str() as other:
            return name in METHODS and other == f"{name}_"
        case _, ast.Call(ast.Attribute(_, name)):
            return name.endswith("_") and name[:-1] in METHODS
    return False


def _is_loop_bound(found: Difference) -> bool:
    """Returns True for the items of a loop or comprehension, a `range`, and the end of a `while`."""
    if _is_variable(found) or isinstance(found.before, list):
        return False
    path = (*found.around, found.before)
    return (
        isinstance(found.before, ast.For)
        or any(_name(node) == "range" for node in found.around)
        or any(
            (isinstance(outer, ast.For | ast.comprehension) and inner is outer.iter)
            or (isinstance(outer, ast.While) and inner is outer.test)
            for outer, inner in itertools.pairwise(path)
        )
    )


def _is_variable(found: Difference) -> bool:
    """Returns True if one name is in the place of another."""
    return isinstance(found.before, str) and isinstance(found.around[-1], ast.Name | ast.Attribute)


def _is_axis(found: Difference) -> bool:
    if isinstance(found.before, str) and "->" in found.before:
        return True
    path = [node for node in (*found.around, found.before) if not isinstance(node, ast.Constant | int)]
    while path and isinstance(path[-1], ast.UnaryOp | ast.Tuple):
        path.pop()
    match path:
        case [*_, ast.keyword(arg=name)]:
            return name in _AXES
        case [*_, ast.Call() as call]:
            # A call of which one argument has changed, or with fewer keywords.
            return _name(call) in _WITH_AXES and isinstance(found.before, int | ast.UnaryOp | ast.Tuple)
        case [*_, ast.Subscript(ast.Attribute(_, "shape"))]:
            return isinstance(found.before, int | ast.UnaryOp)
    return False


def _name(node: ast.AST) -> str:
    match node:
        case ast.Call(ast.Name(name) | ast.Attribute(_, name)):
            return name
    return ""


def _kind(before: Any, after: Any) -> str:
    match before, after:
        case _, ast.Call(ast.Attribute(_, "squeeze"), []):
            return "call changed"
        case (ast.Subscript(), ast.Subscript()) | (ast.Slice(), _) | (_, ast.Slice()):
            return "wrong slice"
        case bool(), _:
            return "other value"
        case int(), int():
            return "off by one"
        case float(), _:
            return "wrong constant"
        case ast.operator(), ast.operator():
            return "wrong sign" if {type(before), type(after)} == {ast.Add, ast.Sub} else "wrong operator"
        case ast.cmpop(), ast.cmpop():
            return "comparison"
        case ast.BinOp(), ast.BinOp() if _is_off_by_one(before, after) or _is_off_by_one(after, before):
            return "off by one"
        case ast.BinOp(), ast.BinOp():
            return "swapped operands"
        case ast.expr(), ast.BinOp() if _is_off_by_one(before, after):
            return "off by one"
        case ast.BinOp(), _:
            return "missing term"
        case (ast.UnaryOp(ast.Not()) | ast.BoolOp(), _):
            return "comparison"
        case ast.UnaryOp(), _:
            return "wrong sign"
        case (ast.Name() | ast.Attribute(), ast.Name() | ast.Attribute()):
            return "wrong variable"
        case (ast.Call(), _) | (str(), str()):
            return "call changed"
    return "other"


def _is_off_by_one(before: ast.expr, after: ast.expr) -> bool:
    """Returns True if the second expression is the first plus or minus one."""
    match after:
        case ast.BinOp(inner, ast.Add() | ast.Sub(), ast.Constant(1)):
            return ast.dump(inner) == ast.dump(before)
    return False
