"""Selects the files of `utils` for a bundle: those of its weeks, and of other weeks what these import."""

from collections.abc import Iterable
from pathlib import Path

from grader.week_dependencies import imported_modules
from grader.week_dependencies import week_of as week_of_module
from utils.weeks import Week

SUFFIXES = {".py", ".json", ".txt", ".safetensors"}
NAMES = {"LICENSE", "README.md", "SHA256SUMS"}
"""The files of a package that may go into a bundle; all others are left out."""


def utils_files(root: Path, weeks: Iterable[Week]) -> dict[str, bytes]:
    """Returns the files of `utils` for these weeks, by their path in the clone.

    Checks and answer keys of other weeks are left out unless one of these weeks imports them.
    """
    everything = {
        path.relative_to(root).as_posix(): path
        for path in sorted((root / "utils").rglob("*"))
        if _is_ours(path)
    }
    for_all = [_module(name) for name in everything if name.endswith(".py") and not week_of(name)]
    own = [f"utils.{half}.{week.folder}" for week in weeks for half in ("checks", "answers")]
    wanted = {week_of_module(name) for name in imported_modules([*for_all, *own], root)} | {""}
    return {name: path.read_bytes() for name, path in everything.items() if week_of(name) in wanted}


def week_of(name: str) -> str:
    """Returns the folder of the week that a file of `utils` belongs to; empty if it belongs to none."""
    return week_of_module(_module(name))


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _is_ours(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts[-4:])
    known = path.suffix in SUFFIXES or path.name in NAMES
    return path.is_file() and not path.is_symlink() and known and not hidden
