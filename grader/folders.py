"""Where things are in a clone of the course."""

from pathlib import Path

from utils.errors import CourseError

CONFIG = "nbgrader_config.py"


def find_root(start: Path | None = None) -> Path:
    """The course folder around `start` (default: the working folder), else the clone that this file is of.

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
    """The path as people read it: from the course folder on, with forward slashes."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
