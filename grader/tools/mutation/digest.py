"""Computes a digest of what a mutation result depends on: solution, check, answer key and operators.

It covers the code of every function and class that the check's cases, its call and the expected values reach,
and the values of the constants in them, without comments and docstrings. Known mistakes and messages are left
out, since no outcome depends on them.
"""

import ast
import functools
import hashlib
import inspect
import textwrap
import types
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from grader.tools.mutation.exercise import MutatedExercise
from grader.week_dependencies import judge_modules
from utils.answers.judge import find_answer_key
from utils.checks.engine.judge_modules import judges_module

_PACKAGES = ("utils", "grader")
_POLICIES = ("forbidden", "changes_inputs", "shares_memory", "random_state", "on_accelerator")


def digest_of(exercise: MutatedExercise, seeds: int) -> str:
    """Returns the digest of an exercise as sixteen hexadecimal digits."""
    answer_key = find_answer_key(exercise.week, exercise.name)
    check = answer_key.check
    texts = {_plain(cell) for cell in exercise.cells}
    texts |= reached(check.cases, check.run, answer_key.expected, answer_key.normalise, answer_key.observe)
    texts.add(repr([getattr(check, name) for name in _POLICIES]))
    texts.add(repr((answer_key.tolerance.absolute, answer_key.tolerance.relative, seeds)))
    return hashlib.sha256("\0".join((*sorted(texts), _operators())).encode()).hexdigest()[:16]


def reached(*roots: Any) -> set[str]:
    """Returns the code of the project's functions and classes, and the constants, that the roots reach."""
    texts: set[str] = set()
    pending, seen = list(roots), set()
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        value = inspect.unwrap(value) if callable(value) else value
        if isinstance(value, types.FunctionType | type):
            if value.__module__.startswith(_PACKAGES):
                texts.add(_plain(_source(value)))
                pending += _references(value)
        elif isinstance(value, dict | list | tuple | set | frozenset):
            pending += [*value, *(value.values() if isinstance(value, dict) else ())]
        elif isinstance(value, str | int | float | bool | bytes | None):
            texts.add(repr(value))
        elif isinstance(value, functools.partial):
            pending += [value.func, *value.args, *value.keywords.values()]
        elif isinstance(value, types.MethodType):
            pending.append(value.__func__)
    return texts


def _references(value: types.FunctionType | type) -> Iterator[Any]:
    if isinstance(value, type):
        yield from (each for each in vars(value).values() if isinstance(each, types.FunctionType))
        yield from (each.fget for each in vars(value).values() if isinstance(each, property))
        yield from value.__bases__
        return
    for cell in value.__closure__ or ():
        yield cell.cell_contents
    names = _names(value.__code__)
    for name in names:
        found = value.__globals__.get(name)
        if isinstance(found, types.ModuleType):
            if found.__name__.startswith(_PACKAGES):
                yield from (vars(found)[each] for each in names if each in vars(found))
        elif found is not None:
            yield found
    if judges_module.__name__ in names:
        for module in map(import_module, judge_modules(_source(value))):
            yield from (each for name, each in vars(module).items() if not name.startswith("__"))


def _names(code: types.CodeType) -> list[str]:
    """Returns every global and attribute name in the code and in the functions inside it."""
    inner = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return sorted({*code.co_names, *(name for each in inner for name in _names(each))})


def _source(value: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (
        OSError,
        TypeError,
    ):  # generated code, such as a dataclass's __init__, which its class's code covers
        return ""


def _plain(text: str) -> str:
    """Returns the code without comment lines, blank lines and docstrings."""
    left_out = set(_docstring_lines(text))
    lines = [line.rstrip() for number, line in enumerate(text.split("\n"), 1) if number not in left_out]
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))


def _docstring_lines(text: str) -> Iterator[int]:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # for example the line of a lambda
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            yield from range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)


@functools.cache
def _operators() -> str:
    folder = Path(__file__).parent
    return "".join(
        _plain((folder / f"{name}.py").read_text("utf-8")) for name in ("expressions", "statements", "names")
    )
