"""The table in README.md, between two marks."""

from pathlib import Path

from utils.errors import CourseError

BEGIN, END = "<!-- course status -->", "<!-- end of course status -->"


def table_in(text: str) -> str:
    """The table that stands in the page.

    Raises:
        CourseError: the page has lost a mark.
    """
    _, found, rest = text.partition(BEGIN)
    table, found_end, _ = rest.partition(END)
    if not (found and found_end):
        raise CourseError(f"README.md has lost a mark: it needs the lines {BEGIN} and {END}.")
    return table.strip()


def write_table(page: Path, table: str) -> None:
    """Puts the table where the old one stood."""
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(table_in(text), table), encoding="utf-8")
