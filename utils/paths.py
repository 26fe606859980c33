"""Paths of the course's notebooks on this machine."""

import os
from pathlib import Path

from utils.errors import CourseError
from utils.weeks import WEEKS, Week

_CHECKOUT = Path(__file__).resolve().parents[1]


class NotebookMissing(CourseError):
    """A week's notebook that is not at its path; the message names the path."""


def current_folder() -> Path:
    """Return the current working directory.

    Raises:
        CourseError: The directory has been deleted.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise CourseError("The current folder was deleted: change to another one and try again.") from None


def find_home(start: Path | None = None) -> Path:
    """Return the folder that holds the weeks' folders: the nearest at or above `start`.

    `start` defaults to the current folder. A folder matches if it holds `course/` with weeks in it, or holds
    weeks itself, as one fetched from nbgrader's exchange does. If none does, it is this copy's `course/`.
    """
    start = (start or current_folder()).absolute()
    for folder in (start, *start.parents):
        for home in (folder / "course", folder):
            if weeks_in(home):
                return home
    return _CHECKOUT / "course"


def weeks_in(home: Path) -> list[Week]:
    """Return the weeks that have a folder in `home`."""
    # os.path, because Path.is_dir raises where a parent folder is not readable.
    return [week for week in WEEKS if os.path.isdir(home / week.folder)]  # noqa: PTH112


def notebook_of(week: Week, home: Path) -> Path:
    """Return the path of `week`'s notebook in `home`; the file need not exist."""
    return home / week.folder / f"{week.notebook}.ipynb"


def find_notebook(week: Week, start: Path | None = None) -> Path:
    """Return the path of the student's notebook of `week`, in the folder that `find_home(start)` returns.

    Raises:
        NotebookMissing: There is no such file.
    """
    home = find_home(start)
    path = notebook_of(week, home)
    if os.path.lexists(path):
        return path
    if os.path.isdir(path.parent):  # noqa: PTH112 - for the same reason
        raise NotebookMissing(_renamed(week, path))
    raise NotebookMissing(_not_released(week, home))


def _renamed(week: Week, path: Path) -> str:
    others = ", ".join(sorted(other.name for other in path.parent.glob("*.ipynb")))
    found = f" It holds {others}." if others else ""
    return (
        f"{path.parent} has no {path.name}.{found} Say which one is yours, `course check {week.number} "
        f"--notebook PATH`, or get the released one back: `git restore {path.name}` in that folder."
    )


def _not_released(week: Week, home: Path) -> str:
    known = ", ".join(str(other.number) for other in weeks_in(home)) or "none"
    return (
        f"Week {week.number} ({week.notebook}) is not in this copy: {home / week.folder} is missing. Weeks "
        f"here: {known}. Update your copy, or name the file: `course check {week.number} --notebook PATH`."
    )
