"""Which of the course's files a bundle needs: those of its weeks, and what these import of other weeks'."""

from collections.abc import Iterable
from pathlib import Path

from grader.week_dependencies import imported_modules
from grader.week_dependencies import week_of as week_of_module
from utils.weeks import Week

SUFFIXES = {".py", ".json", ".txt", ".safetensors"}
NAMES = {"LICENSE", "README.md", "SHA256SUMS"}
"""What a package of the course may hold; whatever else lies there stays there."""


def utils_files(root: Path, weeks: Iterable[Week]) -> dict[str, bytes]:
    """The files of `utils` for these weeks, by their path in the clone.

    A week's checks and answer keys are left out unless the week is among them or one of them imports it.
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
    """The folder of the week that a file of `utils` is for; empty where it is for all."""
    return week_of_module(_module(name))


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _is_ours(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts[-4:])
    known = path.suffix in SUFFIXES or path.name in NAMES
    return path.is_file() and not path.is_symlink() and known and not hidden
