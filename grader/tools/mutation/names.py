"""Mutation operator on names: replaces a variable by another of its function, or an attribute of self."""

import ast
from typing import TypeGuard

_MAX_NEIGHBOURS = 2
"""Replacements for each use: the neighbours in the order in which the function introduces its variables."""


def other_names(tree: ast.Module) -> dict[ast.AST, list[ast.AST]]:
    """Returns the replacements for each use of a variable or of an attribute of self."""
    found: dict[ast.AST, list[ast.AST]] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            found |= _in_function(function)
    attributes = list(dict.fromkeys(node.attr for node in ast.walk(tree) if _is_own(node)))
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if _is_own(node) and isinstance(node.ctx, ast.Load) and id(node) not in called:
            found[node] = [
                ast.Attribute(node.value, other, ast.Load()) for other in _neighbours(node.attr, attributes)
            ]
    return found


def _in_function(function: ast.FunctionDef) -> dict[ast.AST, list[ast.AST]]:
    parameters = [each.arg for each in (*function.args.args, *function.args.kwonlyargs) if each.arg != "self"]
    nodes = [node for statement in function.body for node in ast.walk(statement)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    names.sort(key=lambda node: (node.lineno, node.col_offset))
    stored = [node.id for node in names if isinstance(node.ctx, ast.Store)]
    variables = list(dict.fromkeys([*parameters, *stored]))
    return {
        node: [ast.Name(other, ast.Load()) for other in _neighbours(node.id, variables)]
        for node in names
        if isinstance(node.ctx, ast.Load) and node.id in variables
    }


def _neighbours(name: str, names: list[str]) -> list[str]:
    place = names.index(name)
    around = [*names[place + 1 : place + 2], *names[max(place - 1, 0) : place]]
    return around[:_MAX_NEIGHBOURS]


def _is_own(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """Returns True for an attribute of self."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
