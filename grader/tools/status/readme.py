"""Reads and writes the table in README.md, between two marks."""

from pathlib import Path

from utils.errors import CourseError

BEGIN, END = "<!-- course status -->", "<!-- end of course status -->"


def table_in(text: str) -> str:
    """Returns the table in the page; empty if there is no text between the marks.

    Raises:
        CourseError: a mark is missing.
    """
    return _split(text)[1].strip()


def write_table(page: Path, table: str) -> None:
    """Replaces the table in the page, and changes nothing else.

    Raises:
        CourseError: a mark is missing; the page is unchanged.
    """
    above, _, below = _split(page.read_text(encoding="utf-8"))
    page.write_text(f"{above}{BEGIN}\n{table}\n{END}{below}", encoding="utf-8")


def _split(text: str) -> tuple[str, str, str]:
    """Returns the text above the marks, between them and below them."""
    above, found, rest = text.partition(BEGIN)
    between, found_end, below = rest.partition(END)
    if not (found and found_end):
        raise CourseError(f"README.md has lost a mark: it needs the lines {BEGIN} and {END}.")
    return above, between, below
