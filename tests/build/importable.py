"""Everything that a student could hand to a check: what can be imported from `utils`, and what that gives;
the parts that a week's notebook starts from; and what its own cells define.
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import nbformat

import utils
from grader.notebook.cells import is_kind, plain_python
from tests.repository.checkout import CHECKOUT
from utils.weeks import WEEKS, Week

_NOT_IMPORTED = ("utils.lab", "utils.command_line")  # JupyterLab's settings, and commands


@dataclass(frozen=True, eq=False)
class Importable:
    """Something that a student could hand to a check."""

    name: str
    """How to reach it: `utils.answers.week05_attention.causal_mask._expected_mask()`."""
    value: Any


def modules() -> Iterator[ModuleType]:
    """Yields every module of `utils`."""
    for found in pkgutil.walk_packages(utils.__path__, "utils."):
        if not found.name.startswith(_NOT_IMPORTED) and not found.name.endswith(".__main__"):
            yield importlib.import_module(found.name)


def importables() -> Iterator[Importable]:
    """Yields every value that a module of `utils` defines, private ones too, with what it gives by itself:
    a function what it returns without arguments, a class its functions, an instance and its methods.
    """
    for module in modules():
        yield from _importables_of(module)


def _importables_of(module: ModuleType) -> Iterator[Importable]:
    for name, value in list(vars(module).items()):
        if not name.startswith("__") and _defined_in(value, module):
            yield from _with_results(Importable(f"{module.__name__}.{name}", value))


def given(week: Week) -> Iterator[Importable]:
    """Yields what a student has of the weeks up to this one without a solution of their own: the official
    parts of earlier weeks in `parts.py`, and what the released notebooks' cells define, stubs among them.
    """
    yield from _importables_of(_parts(week))
    for each in WEEKS[: week.number]:
        yield from _importables_of(_notebook(each))


@cache
def _parts(week: Week) -> ModuleType:
    path = CHECKOUT / "course" / week.folder / "parts.py"
    return _run("parts", path.read_text("utf-8") if path.is_file() else "")


@cache
def _notebook(week: Week) -> ModuleType:
    """Returns the module that the set-up and work cells of the released notebook make."""
    path = CHECKOUT / "course" / week.folder / f"{week.notebook}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    codes = [plain_python(cell) for cell in cells if is_kind(cell, "set-up") or is_kind(cell, "work")]
    with _importable(_parts(week)):
        return _run(week.folder, *codes)


@contextmanager
def _importable(module: ModuleType) -> Iterator[None]:
    """Lets the module be imported by its name. Other modules that are imported meanwhile stay."""
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        del sys.modules[module.__name__]
        if before:
            sys.modules[module.__name__] = before


def _run(name: str, *codes: str) -> ModuleType:
    module = ModuleType(name)
    for code in codes:
        exec(code, vars(module))
    return module


def _defined_in(value: Any, module: ModuleType) -> bool:
    """Returns True unless the module only imports the value."""
    if inspect.ismodule(value):
        return False
    return getattr(value, "__module__", module.__name__) == module.__name__


def _with_results(found: Importable) -> Iterator[Importable]:
    yield found
    if inspect.isclass(found.value):
        yield from _members(found.name, found.value, vars(found.value))
        instance = _called(found)
        if instance:
            yield instance
            yield from _members(instance.name, instance.value, vars(found.value))
    elif callable(found.value):
        result = _called(found)
        if result:
            yield result


def _members(owner: str, value: Any, names: Any) -> Iterator[Importable]:
    for name in list(names):
        if not name.startswith("__") or name == "__call__":
            try:
                member = getattr(value, name)
            except Exception:  # a property of an instance without data
                continue
            if callable(member):
                yield Importable(f"{owner}.{name}", member)


def _called(found: Importable) -> Importable | None:
    """Returns what it gives when called without arguments; None if it needs some or raises."""
    try:
        parameters = inspect.signature(found.value).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(each.default is each.empty and each.kind not in (2, 4) for each in parameters):
        return None
    try:
        value = found.value()
    except BaseException:  # such as a command that ends the process
        return None
    return None if value is None else Importable(f"{found.name}()", value)
