"""Writes built files to their places, never over hand edits, and lists those that are out of date."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.build.build import Built
from grader.build.edited import edited_cells
from grader.folders import shown
from utils.errors import CourseError

_IGNORED = {".ipynb_checkpoints", "__pycache__"}


def write(root: Path, built: Iterable[Built], overwrite: bool = False) -> list[Path]:
    """Writes the built files, all of them or none.

    Args:
        overwrite: also replace notebooks with hand edits.

    Returns:
        The files that changed.

    Raises:
        CourseError: a notebook has hand edits, or a folder cannot be written.
    """
    new = {path: content for each in built for path, content in each.files.items()}
    changed = {path: content for path, content in new.items() if not _holds(path, content)}
    if not overwrite:
        _refuse_edited(root, changed)
    try:
        _replace(changed)
    except OSError as error:
        raise CourseError(
            f"Nothing was changed: {error.filename} cannot be written ({error.strerror})."
        ) from None
    return list(changed)


def out_of_date(root: Path, built: Iterable[Built]) -> list[str]:
    """Returns a sentence on each tracked file that differs from its source, is missing or has no source."""
    built = list(built)
    expected = {path: content for each in built for path, content in each.tracked.items()}
    folders = [root / "course" / each.source.week.folder for each in built]
    differing = [path for path, content in expected.items() if not _holds(path, content)]
    unexpected = [path for folder in folders for path in _files_in(folder) if path not in expected]
    problems = [
        (path, "differs from what its source gives" if path.exists() else "is missing") for path in differing
    ]
    problems += [(path, "comes from no source") for path in unexpected]
    return [f"{shown(path, root)} {problem}" for path, problem in problems]


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _refuse_edited(root: Path, changed: Iterable[Path]) -> None:
    for path in changed:
        edited = edited_cells(path) if path.suffix == ".ipynb" else []
        if edited:
            raise CourseError(
                f"Nothing was changed: {shown(path, root)} holds somebody's work in {', '.join(edited)}. "
                "Move it to another place, or build with --overwrite to lose it."
            )


def _replace(files: Mapping[Path, bytes]) -> None:
    # All new files are first written beside the old ones, so that a full disk or a read-only folder raises
    # before the first file is replaced.
    beside = {path: path.with_name(f".{path.name}.new") for path in files}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside[path].write_bytes(content)
        _move_all(beside)
    finally:
        for new in beside.values():
            new.unlink(missing_ok=True)


def _move_all(beside: Mapping[Path, Path]) -> None:
    before = {path: path.read_bytes() for path in beside if path.is_file()}
    moved = []
    try:
        for path, new in beside.items():
            new.replace(path)
            moved.append(path)
    except OSError:
        for path in moved:
            path.unlink()
            if path in before:
                path.write_bytes(before[path])
        raise


def _files_in(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if not _IGNORED & set(path.relative_to(folder).parts)]
