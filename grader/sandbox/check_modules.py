"""Which of the checks' modules a week needs. Others stay hidden: what one week's checks are made of may do
another week's exercises, as a GPT-2 of torch's own functions does weeks 3 to 7.
"""

from collections.abc import Iterable
from pathlib import Path

import utils
from grader.week_dependencies import imported_modules, names_imported

_PACKAGE = "utils.checks"
_FOLDER = Path(utils.__file__).parent / "checks"


def needed(modules: Iterable[str], files: Iterable[Path]) -> frozenset[str]:
    """The names of the checks' modules that these modules and files import, at once or by way of others."""
    roots = [*modules, *(name for file in files for name in names_imported(file.read_bytes()))]
    found = imported_modules([_PACKAGE, *roots])
    return frozenset(name for name in found if name == _PACKAGE or name.startswith(f"{_PACKAGE}."))


def others(needed: frozenset[str]) -> dict[str, str]:
    """The files of all other modules of checks, by the modules' names."""
    all_files = {f"{_PACKAGE}.{file.stem}": str(file) for file in sorted(_FOLDER.glob("[!_]*.py"))}
    return {name: file for name, file in all_files.items() if name not in needed}


def compiled() -> list[str]:
    """Where Python keeps all of them compiled, if it does."""
    folder = _FOLDER / "__pycache__"
    return [str(folder)] if folder.is_dir() else []
