"""Reads and writes the tables in README.md, each between two marks."""

from pathlib import Path

from utils.errors import CourseError

Marks = tuple[str, str]
"""The lines before and after a table."""

STATUS: Marks = ("<!-- course status -->", "<!-- end of course status -->")
COSTS: Marks = ("<!-- course costs -->", "<!-- end of course costs -->")


def table_in(text: str, marks: Marks = STATUS) -> str:
    """Returns the table in the page; empty if there is no text between the marks.

    Raises:
        CourseError: a mark is missing.
    """
    return _split(text, marks)[1].strip()


def write_table(page: Path, table: str, marks: Marks = STATUS) -> None:
    """Replaces the table in the page, and changes nothing else.

    Raises:
        CourseError: a mark is missing; the page is unchanged.
    """
    above, _, below = _split(page.read_text(encoding="utf-8"), marks)
    begin, end = marks
    page.write_text(f"{above}{begin}\n{table}\n{end}{below}", encoding="utf-8")


def _split(text: str, marks: Marks) -> tuple[str, str, str]:
    """Returns the text above the marks, between them and below them."""
    begin, end = marks
    above, found, rest = text.partition(begin)
    between, found_end, below = rest.partition(end)
    if not (found and found_end):
        raise CourseError(f"README.md has lost a mark: it needs the lines {begin} and {end}.")
    return above, between, below
