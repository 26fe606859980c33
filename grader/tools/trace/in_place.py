"""Bugs that change a tensor where the solution makes a new one: `y = x.view(…)`, then `y += …`.

They are no operators of mutation testing: most of them change an input, which a check notes or rejects by
itself, and the results that are stored would all have to be made again.
"""

import ast
from collections.abc import Iterator

METHODS = (
    *("abs", "add", "ceil", "clamp", "clip", "copysign", "cos", "cumprod", "cumsum", "div", "exp", "exp2"),
    *("fill", "floor", "floor_divide", "index_add", "index_copy", "index_fill", "log", "log2", "logical_not"),
    *("masked_fill", "masked_scatter", "mul", "neg", "pow", "relu", "round", "rsqrt", "scatter"),
    *("scatter_add", "sigmoid", "sign", "sin", "sqrt", "square", "sub", "swapaxes", "tanh", "transpose"),
    *("tril", "triu", "unsqueeze", "where"),
)
"""Methods and functions of torch whose names with `_` at the end change the tensor itself."""
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add_",
    ast.Sub: "sub_",
    ast.Mult: "mul_",
    ast.Div: "div_",
}
COPIES = ("clone", "copy", "deepcopy")
"""Functions and methods without which two names hold the same memory."""


def in_place(node: ast.AST) -> Iterator[ast.AST]:
    """Yields a statement or an expression with an operation that changes its operand."""
    match node:
        case ast.Assign([ast.Name(target) as stored], ast.BinOp(ast.Name(left), operator, right)) if (
            target == left
        ):
            yield ast.AugAssign(stored, operator, right)
        case ast.BinOp(ast.Name() | ast.Subscript() as left, operator, right) if type(operator) in _OPERATORS:
            yield _method(left, _OPERATORS[type(operator)], [right])
        case ast.Call(ast.Attribute(ast.Name("torch"), name), [first, *rest]) if name in METHODS:
            yield ast.Call(ast.Attribute(first, f"{name}_", ast.Load()), rest, node.keywords)
        case ast.Call(ast.Attribute(value, name)) if name in METHODS:
            yield ast.Call(ast.Attribute(value, f"{name}_", ast.Load()), node.args, node.keywords)


def _method(value: ast.expr, name: str, arguments: list[ast.expr]) -> ast.Call:
    return ast.Call(ast.Attribute(value, name, ast.Load()), arguments, [])
