"""Finds the course folder and formats paths in it."""

from pathlib import Path

from utils.errors import CourseError

CONFIG = "nbgrader_config.py"


def find_root(start: Path | None = None) -> Path:
    """Returns the course folder around `start` (default: the working folder), else the clone with this file.

    Raises:
        CourseError: neither is a course folder.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[1]):
        if (folder / CONFIG).is_file():
            return folder
    raise CourseError(
        f"{here} is not inside a clone of the course: no folder above it holds {CONFIG}. "
        "Go to the clone and try again."
    )


def shown(path: Path, root: Path) -> str:
    """Returns the path for display: relative to the course folder, with forward slashes."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
