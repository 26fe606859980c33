"""Which of the checks' modules a week needs. Others stay hidden: what one week's checks are made of may do
another week's exercises, as a GPT-2 of torch's own functions does weeks 3 to 7.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import utils

_PACKAGE = "utils.checks"
_FOLDER = Path(utils.__file__).parent / "checks"


def needed(modules: Iterable[str], files: Iterable[Path]) -> frozenset[str]:
    """The names of the checks' modules that these modules and files import, at once or by way of others."""
    found: set[str] = set()
    to_do = [_PACKAGE, *modules, *(name for file in files for name in _imported(file))]
    while to_do:
        name = to_do.pop()
        file = _file(name)
        if name not in found and file.is_file():
            found.add(name)
            to_do += _imported(file)
    return frozenset(found)


def others(needed: frozenset[str]) -> dict[str, str]:
    """The files of all other modules of checks, by the modules' names."""
    all_files = {f"{_PACKAGE}.{file.stem}": str(file) for file in sorted(_FOLDER.glob("[!_]*.py"))}
    return {name: file for name, file in all_files.items() if name not in needed}


def compiled() -> list[str]:
    """Where Python keeps all of them compiled, if it does."""
    folder = _FOLDER / "__pycache__"
    return [str(folder)] if folder.is_dir() else []


def _file(name: str) -> Path:
    if name == _PACKAGE:
        return _FOLDER / "__init__.py"
    package, _, module = name.rpartition(".")
    return _FOLDER / f"{module if package == _PACKAGE else ''}.py"


@cache
def _imported(file: Path) -> tuple[str, ...]:
    return tuple(_names(ast.parse(file.read_text(encoding="utf-8"))))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
