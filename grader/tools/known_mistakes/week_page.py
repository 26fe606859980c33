"""The part of a week's page for instructors that lists the known mistakes: made from the week's table.

The page is `grader/weeks/weekNN_*.md`. It begins with what is written by hand; all below `HEADING` is made.
"""

from collections.abc import Iterable
from pathlib import Path

from grader.tools.known_mistakes.table import Row, read_table, table_path
from utils.errors import CourseError
from utils.weeks import Week

HEADING = "## What the checks recognise"
"""The heading of the generated part, which ends the page."""

_INTRODUCTION = """\
`course build` makes this list from `solutions/{folder}/mistakes.md`; edit that file, not this part. When an
answer fails as one of these mistakes does, the student's card has the second and the third column.
`course report {number}` has the name in the first, and counts how often your class made each mistake."""


def page_path(root: Path, week: Week) -> Path:
    """Returns the path of a week's page, whether there is one or not."""
    return root / "grader" / "weeks" / f"{week.folder}.md"


def updated_page(root: Path, week: Week) -> str:
    """Returns the text of a week's page with the list of mistakes of today's table.

    Raises:
        CourseError: the page has lost its heading, or the table cannot be read.
    """
    path = page_path(root, week)
    by_hand, heading, _ = path.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")
    if not heading:
        raise CourseError(f"grader/weeks/{path.name} has lost the line {HEADING!r}, which begins its list.")
    checks = read_table(table_path(root, week))
    introduction = _INTRODUCTION.format(folder=week.folder, number=week.number)
    tables = (f"### `{name}`\n\n{_table(rows)}" for name, rows in checks.items())
    return "\n\n".join([f"{by_hand}{heading}\n{introduction}".rstrip(), *tables]) + "\n"


def is_stale(root: Path, week: Week) -> bool:
    """True if the week has a page whose list is not that of its table."""
    path = page_path(root, week)
    return path.is_file() and path.read_text(encoding="utf-8") != updated_page(root, week)


def _table(rows: Iterable[Row]) -> str:
    lines = (_line(row.name, row.explanation, row.look_at) for row in rows)
    return "\n".join([_line("name", "what is wrong", "where to look"), "| --- | --- | --- |", *lines])


def _line(*cells: str) -> str:
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _escaped(cell: str) -> str:
    return cell.replace("\\|", "|").replace("|", "\\|")
