"""Whether changed versions of a student's code can be run: whether they can do any harm.

A changed version may call what it calls with other arguments, and as often as the time allows. So its code,
and that of every function it can reach, may use nothing but computations: no files, no processes, no threads,
no object that stays changed.
"""

import ast
import dis
import functools
import inspect
import itertools
import linecache
import textwrap
import types
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from utils.checks.trace.statements import is_cell

_MODULES = {
    *("torch", "math", "cmath", "einops", "numpy", "random", "regex", "re", "itertools", "collections"),
    *("functools", "operator", "heapq", "bisect", "string", "unicodedata", "statistics", "typing"),
    *("jaxtyping", "dataclasses", "builtins", "_operator", "_heapq", "_bisect", "_functools", "_regex"),
    *("_statistics", "_random", "_collections", "copy"),
}
"""Modules whose functions change nothing outside the program."""
_UNSAFE_NAMES = {
    *("open", "exec", "eval", "compile", "input", "breakpoint", "__import__", "save", "load", "globals"),
}
_UNSAFE_ATTRIBUTES = {
    *("save", "load", "dump", "write", "write_text", "write_bytes", "unlink", "tofile", "memmap", "savetxt"),
    *("hub", "multiprocessing", "distributed", "from_file", "set_num_threads", "set_default_dtype"),
    *("set_printoptions", "set_default_device", "manual_seed_all"),
}
_ENDLESS = {"count", "cycle", "repeat"}
"""Iterators of itertools: a library's function that takes all their items cannot be stopped."""
_MAX_REACHED = 40
"""How many functions and classes are looked at."""
_CACHED = type(functools.cache(len))
_PLAIN = (bool, int, float, str, bytes, type(None), Tensor, torch.dtype, torch.device)


def can_be_changed(submission: Any) -> bool:
    """Returns True if changed versions of a student's function or class can do no harm."""
    own, values = list(_functions(submission)), []
    if not own or not all(is_cell(each.__code__.co_filename) for each in own):
        return False
    for number, function in enumerate(_reachable(submission)):
        if number == _MAX_REACHED or not _is_safe_code(_source(function)):
            return False
        values += [each for each in _reached(function) if not _is_own_code(each)]
    return all(map(_is_harmless, values))


def uses_an_object(submission: Any) -> bool:
    """Returns True if a student's code uses an object of the notebook, as a model, that it may change.

    Such an object cannot be put back as it was, so that the code is not called once more.
    """
    code = types.ModuleType | types.FunctionType | types.BuiltinFunctionType | type
    return any(
        not isinstance(value, code) and not _is_harmless(value)
        for function in itertools.islice(_reachable(submission), _MAX_REACHED)
        for value in _reached(function)
    )


def _reachable(submission: Any) -> Iterator[types.FunctionType]:
    """Yields the functions of a student's code, and those of the notebook and its parts that they name."""
    pending, seen = list(_functions(submission)), set()
    while pending:
        function = pending.pop()
        if function.__code__ not in seen:
            seen.add(function.__code__)
            yield function
            for value in filter(_is_own_code, _reached(function)):
                pending += _functions(value)


def _is_own_code(value: Any) -> bool:
    return isinstance(value, types.FunctionType | type) and not _is_of_a_library(value)


def _functions(value: Any) -> Iterator[types.FunctionType]:
    members = [value]
    if isinstance(value, type):
        classes = [each for each in value.__mro__ if each is value or not _is_of_a_library(each)]
        members = [member for each in classes for member in vars(each).values()]
    for each in members:
        if isinstance(each, staticmethod | classmethod):
            each = each.__func__
        if isinstance(each, property):
            yield from (part for part in (each.fget, each.fset) if isinstance(part, types.FunctionType))
        elif isinstance(each, types.FunctionType) and not _is_generated(each):
            yield inspect.unwrap(each)


def _is_generated(function: types.FunctionType) -> bool:
    """Returns True for a dataclass's own methods, which have no source and do no harm."""
    return function.__code__.co_filename == "<string>" and function.__name__.startswith("__")


def _source(function: types.FunctionType) -> ast.Module | None:
    """Returns the code of a function; for one from a cell, that of the whole cell."""
    file = function.__code__.co_filename
    try:
        if is_cell(file):
            return ast.parse("".join(linecache.getlines(file)))
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None


def _is_safe_code(tree: ast.Module | None) -> bool:
    if tree is None or not tree.body:
        return False
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imports = any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))
    # A changed loop that catches everything might never end.
    handlers = [node.type for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    catches = any(kind is None or "BaseException" in ast.unparse(kind) for kind in handlers)
    endless = any(_is_endless(node) for node in ast.walk(tree))
    return not (names & _UNSAFE_NAMES or attributes & _UNSAFE_ATTRIBUTES or imports or catches or endless)


def _is_endless(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "itertools"
        and node.attr in _ENDLESS
    )


def _reached(function: types.FunctionType) -> Iterator[Any]:
    """Yields the values of the global variables that a function names, and what it and its class hold."""
    found = [function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__]
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # the variable is not assigned yet
            continue
    found += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for value in found:
        # What a function with a cache has kept is right for other arguments too.
        yield inspect.unwrap(value) if isinstance(value, _CACHED) else value


def _names(code: types.CodeType) -> set[str]:
    """Returns the global variables that the code and the functions inside it name, no attributes."""
    inner = (each for each in code.co_consts if isinstance(each, types.CodeType))
    own = {each.argval for each in dis.get_instructions(code) if each.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return {*own, *(name for each in inner for name in _names(each))}


def _is_of_a_library(value: types.FunctionType | type) -> bool:
    members = vars(value).values() if isinstance(value, type) else [value]
    functions = [each for each in members if isinstance(each, types.FunctionType)]
    is_a_cells = any(is_cell(each.__code__.co_filename) for each in functions)
    return not is_a_cells and _root(value.__module__) in _MODULES


def _is_harmless(value: Any, left: int = 3) -> bool:
    """Returns True for a library's module or function, and for plain data."""
    if isinstance(value, types.ModuleType):
        return _root(value.__name__) in _MODULES
    if isinstance(value, list | tuple | set | frozenset):
        return left > 0 and all(_is_harmless(each, left - 1) for each in value)
    if isinstance(value, dict):
        return left > 0 and all(_is_harmless(each, left - 1) for pair in value.items() for each in pair)
    if type(value) in _PLAIN or _root(type(value).__module__) in ("re", "regex", "_regex"):
        return True
    is_code = callable(value) and isinstance(value, type | types.FunctionType | types.BuiltinFunctionType)
    endless = getattr(value, "__module__", "") == "itertools" and value.__name__ in _ENDLESS
    return is_code and not endless and _root(getattr(value, "__module__", None) or "builtins") in _MODULES


def _root(module: str) -> str:
    return (module or "").partition(".")[0]
