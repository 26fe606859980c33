"""Finds the modules of checks that a week needs, so that the sandbox can hide all others.

One week's checks may be made of what another week's exercises ask for: a GPT-2 of torch's own functions does
weeks 3 to 7.
"""

from collections.abc import Iterable
from pathlib import Path

import utils
from grader.week_dependencies import imported_modules, names_imported

_UTILS = Path(utils.__file__).parent
_PACKAGES = {
    f"utils.{name.replace('/', '.')}": _UTILS / name for name in ("checks", "adapters", "reference/inputs")
}
"""The packages that checks are made of, and their folders."""


def needed(modules: Iterable[str], files: Iterable[Path]) -> frozenset[str]:
    """Returns the names of the modules of checks that these modules and files import, directly or not."""
    roots = [*modules, *(name for file in files for name in names_imported(file.read_bytes()))]
    return frozenset(filter(_is_of_checks, imported_modules(["utils.checks", *roots])))


def others(needed: frozenset[str]) -> dict[str, str]:
    """Returns the files of all other modules of checks, by the modules' names."""
    files = {
        ".".join((package, *file.relative_to(folder).with_suffix("").parts)): str(file)
        for package, folder in _PACKAGES.items()
        for file in sorted(folder.rglob("[!_]*.py"))
    }
    return {name: file for name, file in files.items() if name not in needed}


def compiled() -> list[str]:
    """Returns the folders in which Python keeps modules of checks compiled."""
    return [str(each) for folder in _PACKAGES.values() for each in sorted(folder.rglob("__pycache__"))]


def _is_of_checks(module: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in _PACKAGES)
