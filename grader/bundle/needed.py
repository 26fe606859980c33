"""Which of the course's modules a bundle needs: those of its weeks, and what these import of other weeks'."""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from utils.weeks import Week

SUFFIXES = {".py", ".json", ".txt", ".safetensors"}
NAMES = {"README.md", "SHA256SUMS"}
"""What a package of the course may hold; whatever else lies there stays there."""
_OF_A_WEEK = re.compile(r"utils/(?:checks|verdicts)/(week\d\d_\w+?)(?:\.py|/.*)")
_IMPORTED = re.compile(r"utils\.(?:checks|verdicts)\.(week\d\d_\w+)")


def utils_files(root: Path, weeks: Iterable[Week]) -> dict[str, bytes]:
    """The files of `utils` for these weeks, by their path in the clone.

    The checks of a week, and what its verdicts are, stay behind unless the week is among them or one of them
    imports it.
    """
    everything = {
        path.relative_to(root).as_posix(): path
        for path in sorted((root / "utils").rglob("*"))
        if _is_ours(path)
    }
    wanted = {week.folder for week in weeks}
    files = _of(everything, wanted)
    while more := _imported(files) - wanted:
        wanted |= more
        files = _of(everything, wanted)
    return files


def _is_ours(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts[-4:])
    known = path.suffix in SUFFIXES or path.name in NAMES
    return path.is_file() and not path.is_symlink() and known and not hidden


def _of(everything: Mapping[str, Path], weeks: set[str]) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in everything.items() if week_of(name) in {"", *weeks}}


def week_of(name: str) -> str:
    """The folder of the week that a file of `utils` is for; empty where it is for all."""
    found = _OF_A_WEEK.fullmatch(name)
    return found[1] if found else ""


def _imported(files: Mapping[str, bytes]) -> set[str]:
    """The weeks that these files import something of."""
    modules = (name for file, code in files.items() if file.endswith(".py") for name in _imports(code))
    return {found[1] for found in map(_IMPORTED.match, modules) if found}


def _imports(code: bytes) -> Iterable[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
