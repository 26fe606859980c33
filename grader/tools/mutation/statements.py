"""Mutation operators on statements: each yields replacements of a statement."""

import ast
import copy
from collections.abc import Iterator

from grader.tools.mutation.expressions import without_an_end


def mutated(statement: ast.stmt, is_last: bool) -> Iterator[ast.stmt]:
    """Yields all replacements of a statement.

    Args:
        is_last: the statement ends a function; then a `return` is not left out, as it would return None.
    """
    if _can_be_left_out(statement) and not (is_last and isinstance(statement, ast.Return)):
        yield ast.Pass()
    match statement:
        case ast.If():
            yield from _tests(statement, (True, False))
        case ast.While():
            yield from _tests(statement, (False,))
        case ast.For():
            yield from _loops(statement)
        case ast.AugAssign():
            yield from _assignments(statement)
        case ast.Return(value=ast.expr() as value) if not isinstance(
            value, ast.Constant | ast.Tuple | ast.Dict
        ):
            yield ast.Return(ast.Call(ast.Attribute(value, "squeeze", ast.Load()), [], []))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()


def _can_be_left_out(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return False  # a docstring
    kinds = (
        ast.Assign,
        ast.AugAssign,
        ast.AnnAssign,
        ast.Expr,
        ast.If,
        ast.For,
        ast.While,
        ast.With,
        ast.Return,
    )
    return isinstance(statement, (*kinds, ast.Raise, ast.Delete, ast.Break, ast.Continue))


def _tests(statement: ast.If | ast.While, values: tuple[bool, ...]) -> Iterator[ast.stmt]:
    for value in values:
        changed = copy.copy(statement)
        changed.test = ast.Constant(value)
        yield changed


def _loops(statement: ast.For) -> Iterator[ast.stmt]:
    backwards = ast.Call(ast.Name("list", ast.Load()), [statement.iter], [])
    reverse = ast.Slice(None, None, ast.Constant(-1))
    for items in (*without_an_end(statement.iter), ast.Subscript(backwards, reverse, ast.Load())):
        changed = copy.copy(statement)
        changed.iter = items
        yield changed


def _assignments(statement: ast.AugAssign) -> Iterator[ast.stmt]:
    opposite = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
    if other := opposite.get(type(statement.op)):
        yield ast.AugAssign(statement.target, other(), statement.value)
    yield ast.Assign([statement.target], statement.value, lineno=statement.lineno)
