"""Collects the files of a bundle."""

from collections.abc import Sequence
from pathlib import Path

from grader.build.build import make_all
from grader.build.bundle.needed import utils_files
from grader.build.install import out_of_date
from utils.errors import CourseError
from utils.weeks import Week

TOP = ("LICENSE", "Makefile", "environment.yml", "make.ps1", "pyproject.toml", "requirements.lock")
"""The files needed to set the course up."""
COURSE = ("course/README.md", "course/glossary.md")

_README = """# GPT-2 in twelve weeks

This is {weeks} of the course. The [course's front page](course/README.md) says how to work with it.

{start}
"""


def contents(root: Path, weeks: Sequence[Week]) -> dict[str, bytes]:
    """Returns the bundle's files, by their names in it: the weeks and what their notebooks need.

    Solutions, tests, the grader, and other weeks' notebooks, parts and answers are left out.

    Args:
        weeks: empty means all that have a notebook.

    Raises:
        CourseError: a week cannot be built or has no notebook yet, or `course/` is out of date.
    """
    made = [each for each in make_all(root, weeks or None) if weeks or not each.source.parts_only]
    unfinished = [str(each.source.week.number) for each in made if each.source.parts_only]
    if unfinished:
        raise CourseError(f"No notebook yet for week {', '.join(unfinished)}: leave it out.")
    differences = out_of_date(root, made)
    if differences:
        raise CourseError(
            "course/ is not what the sources give: run `course build`, or put aside the work in it.\n"
            + "\n".join(f"  {each}" for each in differences)
        )
    chosen = [each.source.week for each in made]
    notebooks = {
        path.relative_to(root).as_posix(): content for each in made for path, content in each.tracked.items()
    }
    set_up = [path.relative_to(root).as_posix() for path in sorted((root / ".setup").glob("*.py"))]
    files = {name: _read(root, name) for name in (*TOP, *set_up, *COURSE)}
    return {"README.md": _readme(root, chosen), **files, **notebooks, **utils_files(root, chosen)}


def _read(root: Path, name: str) -> bytes:
    try:
        return (root / name).read_bytes()
    except OSError as error:
        raise CourseError(f"{name} cannot be read ({error.strerror}): a bundle needs it.") from None


def _readme(root: Path, weeks: Sequence[Week]) -> bytes:
    """Returns the bundle's README: the section on setting up, without the lines for developers."""
    text = _read(root, "README.md").decode()
    section = text.partition("## Start\n")[2].partition("\n## ")[0]
    start = "\n".join(line for line in f"## Start\n{section}".split("\n") if "make test" not in line)
    numbers = ", ".join(str(week.number) for week in weeks)
    which = f"week {numbers}" if len(weeks) == 1 else f"weeks {numbers}"
    return _README.format(weeks=which, start=start.strip()).encode()
