"""Where the course's notebooks are on this machine."""

import os
from pathlib import Path

from utils.errors import CourseError
from utils.weeks import WEEKS, Week

_CHECKOUT = Path(__file__).resolve().parents[1]


class NotebookMissing(CourseError):
    """A week's notebook is not where it should be; the message says where that is."""


def current_folder() -> Path:
    """The folder that the person is in.

    Raises:
        CourseError: that folder has been deleted.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise CourseError("The current folder was deleted: change to another one and try again.") from None


def find_home(start: Path | None = None) -> Path:
    """The folder that holds the weeks' folders: the nearest upwards from `start`, else this copy's `course/`.

    `start` is the current folder unless it is given. A folder counts when it holds `course/` with weeks in it
    or holds weeks itself, as a folder fetched from nbgrader's exchange does.
    """
    start = (start or current_folder()).absolute()
    for folder in (start, *start.parents):
        for home in (folder / "course", folder):
            if weeks_in(home):
                return home
    return _CHECKOUT / "course"


def weeks_in(home: Path) -> list[Week]:
    """The weeks that have a folder in `home`."""
    # os.path, because Path.is_dir raises where a folder on the way up may not be read.
    return [week for week in WEEKS if os.path.isdir(home / week.folder)]


def notebook_of(week: Week, home: Path) -> Path:
    """Where `week`'s notebook is in `home`, whether or not it is there."""
    return home / week.folder / f"{week.notebook}.ipynb"


def find_notebook(week: Week, start: Path | None = None) -> Path:
    """The student's notebook of `week`, looked for from `start` as `find_home` does.

    Raises:
        NotebookMissing: it is not there.
    """
    home = find_home(start)
    path = notebook_of(week, home)
    if os.path.lexists(path):
        return path
    if os.path.isdir(path.parent):
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
