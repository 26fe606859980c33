"""The table in README.md, between two marks."""

from pathlib import Path

from utils.errors import CourseError

BEGIN, END = "<!-- course status -->", "<!-- end of course status -->"


def table_in(text: str) -> str:
    """The table that stands in the page; empty where nothing stands between the marks.

    Raises:
        CourseError: the page has lost a mark.
    """
    return _split(text)[1].strip()


def write_table(page: Path, table: str) -> None:
    """Puts the table where the old one stood, and changes nothing else.

    Raises:
        CourseError: the page has lost a mark; it is left as it was.
    """
    above, _, below = _split(page.read_text(encoding="utf-8"))
    page.write_text(f"{above}{BEGIN}\n{table}\n{END}{below}", encoding="utf-8")


def _split(text: str) -> tuple[str, str, str]:
    """What stands above the marks, between them and below them."""
    above, found, rest = text.partition(BEGIN)
    between, found_end, below = rest.partition(END)
    if not (found and found_end):
        raise CourseError(f"README.md has lost a mark: it needs the lines {BEGIN} and {END}.")
    return above, between, below
