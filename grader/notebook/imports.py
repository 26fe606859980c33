"""Reads import statements from a source's set-up cells, and writes them in ruff's order."""

import ast
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

LONGEST_LINE = 110
_COURSE_PACKAGES = ("utils", "grader")


@dataclass(frozen=True)
class Import:
    """One imported name."""

    module: str
    """`torch.nn`"""
    name: str | None
    """The name imported from the module; None if the module itself is imported."""
    alias: str | None
    """The name after `as`."""

    @property
    def bound(self) -> str:
        """The name that the import binds."""
        return self.alias or self.name or self.module.partition(".")[0]


def imports_of(code: str) -> list[Import]:
    """Returns the top-level imports of a piece of code."""
    found = []
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.Import):
            found += [Import(alias.name, None, alias.asname) for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            found += [Import(statement.module or "", alias.name, alias.asname) for alias in statement.names]
    return found


def write_imports(imports: Iterable[Import]) -> str:
    """Returns the imports as code: standard library, third party, then the course's, sorted as by ruff."""
    ordered = sorted(set(imports), key=_order)
    sections = groupby(ordered, key=_section)
    return "\n\n".join("\n".join(_statements(list(section))) for _, section in sections)


def _statements(imports: list[Import]) -> list[str]:
    modules = [_module(each) for each in imports if each.name is None]
    froms = [each for each in imports if each.name is not None]
    by_module = groupby(froms, key=lambda each: each.module)
    return modules + [_from(module, list(names)) for module, names in by_module]


def _module(each: Import) -> str:
    return f"import {each.module} as {each.alias}" if each.alias else f"import {each.module}"


def _from(module: str, imports: list[Import]) -> str:
    together = [each.name for each in imports if each.name and each.alias is None]
    apart = [f"from {module} import {each.name} as {each.alias}" for each in imports if each.alias]
    line = f"from {module} import {', '.join(together)}"
    if len(line) > LONGEST_LINE:
        line = f"from {module} import (\n" + "".join(f"    {name},\n" for name in together) + ")"
    return "\n".join([line] * bool(together) + apart)


def _section(each: Import) -> int:
    package = each.module.partition(".")[0]
    return 0 if package in sys.stdlib_module_names else 2 if package in _COURSE_PACKAGES else 1


def _order(each: Import) -> tuple[object, ...]:
    return _section(each), each.name is not None, natural(each.module), *name_order(each.name or "")


def name_order(name: str) -> tuple[int, list[tuple[int, str]]]:
    """Returns a sort key that orders names as ruff does: CONSTANTS, Classes, then the rest."""
    group = 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
    return group, natural(name)


def natural(text: str) -> list[tuple[int, str]]:
    """Returns a sort key that puts `week2` before `week10`."""
    pieces = re.findall(r"\d+|\D+", text)
    return [(int(piece), "") if piece.isdigit() else (0, piece.lower()) for piece in pieces]
