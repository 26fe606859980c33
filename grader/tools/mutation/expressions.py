"""Mutation operators on expressions: each yields replacements of an expression.

The operators are those of cosmic-ray and mutmut, and others that suit tensor code: axes, reductions,
transposes, sizes of 1.
"""

import ast
import copy
import re
from collections.abc import Callable, Iterator

Operator = Callable[..., Iterator[ast.expr]]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
_SIMILAR = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "amax": "amin",
    "argmax": "argmin",
    "argmin": "argmax",
    "tril": "triu",
    "triu": "tril",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "floor": "ceil",
    "ceil": "floor",
    "any": "all",
    "all": "any",
    "stack": "cat",
    "cat": "stack",
    "log": "log2",
    "exp": "exp2",
    "tanh": "sin",
    "randn": "rand",
    "square": "abs",
    "abs": "square",
    "round": "int",
    "int": "round",
    "sorted": "list",
    "startswith": "endswith",
    "endswith": "startswith",
    "lstrip": "strip",
    "train": "eval",
    "eval": "train",
    "cumsum": "cumprod",
}
_MODULES = {"torch", "math", "nn", "F", "functional", "re", "os", "json", "np", "regex", "einops"}


def compare(node: ast.Compare) -> Iterator[ast.expr]:
    """Yields other comparison operators, and truth tests in place of tests for None."""
    for place, operator in enumerate(node.ops):
        for other in _COMPARISONS.get(type(operator), ()):
            changed = copy.deepcopy(node)
            changed.ops[place] = other()
            yield changed
    if len(node.ops) == 1 and _is_constant(node.comparators[0], None):
        if isinstance(node.ops[0], ast.IsNot):
            yield node.left
        elif isinstance(node.ops[0], ast.Is):
            yield ast.UnaryOp(ast.Not(), node.left)


def binary(node: ast.BinOp) -> Iterator[ast.expr]:
    """Yields other arithmetic operators, one operand alone, swapped operands."""
    for other in _ARITHMETIC.get(type(node.op), ()):
        yield ast.BinOp(node.left, other(), node.right)
    yield node.left
    yield node.right
    if isinstance(node.op, _ORDERED):
        yield ast.BinOp(node.right, node.op, node.left)


def unary(node: ast.UnaryOp) -> Iterator[ast.expr]:
    """Yields the operand without `not`, `-` or `~`."""
    yield node.operand


def boolean(node: ast.BoolOp) -> Iterator[ast.expr]:
    """Yields `and` for `or` and the reverse, and each condition left out."""
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for place in range(len(node.values)):
        rest = node.values[:place] + node.values[place + 1 :]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def constant(node: ast.Constant) -> Iterator[ast.expr]:
    """Yields neighbouring numbers, the other truth value, another text, other axes of an einsum."""
    for value in _other_values(node.value):
        yield ast.Constant(value)


def _other_values(value: object) -> Iterator[bool | int | float | str]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield value - 1
    elif isinstance(value, float):
        yield from (value * 10, 0.0) if abs(value) < 0.01 else (value * 1.01, value + 1)
    elif isinstance(value, str):
        yield from _other_texts(value)


def _other_texts(text: str) -> Iterator[str]:
    if text == "-inf":
        yield from ("inf", "-100")
    elif "->" in text:
        inputs, output = text.split("->", 1)
        names = re.findall(r"\([^)]*\)|\w+" if " " in output.strip() else r"\w", output)
        if len(names) > 1:
            swapped = (" " if " " in output.strip() else "").join([*names[:-2], names[-1], names[-2]])
            yield f"{inputs}-> {swapped}"
    else:
        yield f"{text}_"


def call(node: ast.Call) -> Iterator[ast.expr]:
    """Yields the call removed, a similar function, arguments swapped or left out."""
    yield from _call_removed(node)
    yield from _similar_function(node)
    for place in range(len(node.args) - 1):
        arguments = list(node.args)
        arguments[place : place + 2] = reversed(arguments[place : place + 2])
        yield ast.Call(node.func, arguments, node.keywords)
    if node.args and (len(node.args) > 1 or _is_method(node)):
        yield ast.Call(node.func, node.args[:-1], node.keywords)
    for place, keyword in enumerate(node.keywords):
        if keyword.arg != "device":  # a separate test covers the device of new tensors
            yield ast.Call(node.func, node.args, node.keywords[:place] + node.keywords[place + 1 :])
    yield from _seeded_globally(node)
    if isinstance(node.func, ast.Name) and node.func.id == "range":
        yield from _shifted_arguments(node)


def _call_removed(node: ast.Call) -> Iterator[ast.expr]:
    if _is_method(node) and isinstance(node.func, ast.Attribute):
        yield node.func.value
    elif node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]


def _is_method(node: ast.Call) -> bool:
    """Returns True for a call of a value's method, not of a module's function."""
    function = node.func
    if not isinstance(function, ast.Attribute):
        return False
    root = function.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return not (isinstance(root, ast.Name) and root.id in _MODULES) and not _is_super(root)


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _similar_function(node: ast.Call) -> Iterator[ast.expr]:
    function = copy.deepcopy(node.func)
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in _SIMILAR:
        return
    if isinstance(function, ast.Attribute):
        function.attr = _SIMILAR[name]
    elif isinstance(function, ast.Name):
        function.id = _SIMILAR[name]
    yield ast.Call(function, node.args, node.keywords)


def _seeded_globally(node: ast.Call) -> Iterator[ast.expr]:
    """Yields `torch.manual_seed(…)` for `torch.Generator(…).manual_seed(…)`."""
    function = node.func
    if (
        isinstance(function, ast.Attribute)
        and function.attr == "manual_seed"
        and isinstance(function.value, ast.Call)
    ):
        yield ast.Call(ast.parse("torch.manual_seed", mode="eval").body, node.args, node.keywords)


def _shifted_arguments(node: ast.Call) -> Iterator[ast.expr]:
    for place, argument in enumerate(node.args):
        for other in shifted(argument):
            yield ast.Call(node.func, [*node.args[:place], other, *node.args[place + 1 :]], node.keywords)


def shifted(node: ast.expr | None) -> Iterator[ast.expr]:
    """Yields the expression plus and minus one; not for constants, which `constant` changes."""
    if node is not None and not isinstance(node, ast.Constant | ast.Slice | ast.Tuple | ast.Starred):
        yield ast.BinOp(node, ast.Add(), ast.Constant(1))
        yield ast.BinOp(node, ast.Sub(), ast.Constant(1))


def subscript(node: ast.Subscript) -> Iterator[ast.expr]:
    """Yields bounds left out or shifted, an index shifted."""
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for place, item in enumerate(items):
        for other in _other_items(item):
            changed = [*items[:place], other, *items[place + 1 :]]
            index = ast.Tuple(changed, ast.Load()) if isinstance(node.slice, ast.Tuple) else changed[0]
            yield ast.Subscript(node.value, index, node.ctx)


def _other_items(item: ast.expr) -> Iterator[ast.expr]:
    if not isinstance(item, ast.Slice):
        if isinstance(item, ast.Name | ast.BinOp):
            yield ast.BinOp(item, ast.Sub(), ast.Constant(1))
        return
    for field in ("lower", "upper", "step"):
        bound = getattr(item, field)
        if bound is None:
            continue
        for other in (None, *(shifted(bound) if field != "step" else ())):
            changed = copy.copy(item)
            setattr(changed, field, other)
            yield changed


def choice(node: ast.IfExp) -> Iterator[ast.expr]:
    """Yields either branch alone."""
    yield node.body
    yield node.orelse


def pair(node: ast.Tuple) -> Iterator[ast.expr]:
    """Yields the tuple with two neighbours swapped."""
    for place in range(len(node.elts) - 1):
        elements = list(node.elts)
        elements[place : place + 2] = reversed(elements[place : place + 2])
        yield ast.Tuple(elements, node.ctx)


def table(node: ast.Dict) -> Iterator[ast.expr]:
    """Yields the dict with one entry left out."""
    for place in range(len(node.keys)):
        yield ast.Dict(
            node.keys[:place] + node.keys[place + 1 :], node.values[:place] + node.values[place + 1 :]
        )


def comprehension(node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp) -> Iterator[ast.expr]:
    """Yields the comprehension without a condition, without the first item, without the last item."""
    for place, generator in enumerate(node.generators):
        for condition in range(len(generator.ifs)):
            changed = copy.deepcopy(node)
            del changed.generators[place].ifs[condition]
            yield changed
        for items in without_an_end(generator.iter):
            changed = copy.deepcopy(node)
            changed.generators[place].iter = items
            yield changed


def without_an_end(items: ast.expr) -> Iterator[ast.expr]:
    """Yields the items without the first, and without the last."""
    listed = ast.Call(ast.Name("list", ast.Load()), [items], [])
    yield ast.Subscript(listed, ast.Slice(ast.Constant(1), None, None), ast.Load())
    yield ast.Subscript(listed, ast.Slice(None, ast.Constant(-1), None), ast.Load())


OPERATORS: dict[type[ast.AST], Operator] = {
    ast.Compare: compare,
    ast.BinOp: binary,
    ast.UnaryOp: unary,
    ast.BoolOp: boolean,
    ast.Constant: constant,
    ast.Call: call,
    ast.Subscript: subscript,
    ast.IfExp: choice,
    ast.Tuple: pair,
    ast.Dict: table,
    ast.ListComp: comprehension,
    ast.GeneratorExp: comprehension,
    ast.SetComp: comprehension,
    ast.DictComp: comprehension,
}
"""The operator for each type of expression."""


def _is_constant(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
