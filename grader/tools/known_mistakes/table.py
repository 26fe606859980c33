"""Reads a week's table of mistakes, `solutions/weekNN_*/mistakes.md`.

The file has a heading `## name` for each check, and under it a table with the columns of `COLUMNS`. A row is
a mistake: its name, what is wrong, where to look, a text in the official solution and the text that makes
the mistake. A text is code between backticks, with `<br>` between its lines; an empty cell is an empty text.
A row with three empty cells at its beginning is a further edit of the mistake above it. Where the fourth cell
is empty and the fifth holds `name` in mistakes.py, the mistake is not an edit but what that module defines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from utils.errors import CourseError
from utils.weeks import Week

_FILE = "mistakes.md"
COLUMNS = ("Mistake", "What is wrong", "Look at", "In the solution", "Instead")
_PROGRAM = re.compile(r"`(\w+)` in mistakes\.py")
_COLUMN_END = re.compile(r"(?<!\\)\|")
_EXPECTED = " | ".join(COLUMNS)


@dataclass(frozen=True)
class Edit:
    """A text that occurs once in the official solution, and the text in its place."""

    old: str
    new: str


@dataclass(frozen=True)
class Row:
    """A mistake of the table."""

    line: int
    """The line of the file, from 1."""
    name: str
    explanation: str
    look_at: str
    edits: tuple[Edit, ...] = ()
    program: str = ""
    """The name of the wrong program in mistakes.py, where the mistake is not an edit."""


def table_path(root: Path, week: Week) -> Path:
    """Returns the path of a week's table, whether there is one or not."""
    return root / "solutions" / week.folder / _FILE


def read_table(path: Path) -> dict[str, list[Row]]:
    """Returns the rows of the file by check, in order.

    Raises:
        CourseError: the file cannot be read, or a line of it is not what the table asks for.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path.name} of {path.parent.name} cannot be read: {error}") from None
    return _Reader(path).read(text)


class _Reader:
    """Reads the file's tables; every error names the file and the line."""

    def __init__(self, path: Path):
        self._path = path

    def read(self, text: str) -> dict[str, list[Row]]:
        """Returns the rows by check."""
        self._lines_of_file = text.split("\n")
        checks: dict[str, list[Row]] = {}
        tokens = iter(MarkdownIt("commonmark").enable("table").parse(text))
        for token in tokens:
            if token.type == "heading_open" and token.tag == "h2":
                name = next(tokens).content.strip("` ")
                if name in checks:
                    raise self._error(token, f"the check {name} has two headings")
                checks[name] = []
            elif token.type == "table_open":
                if not checks:
                    raise self._error(token, "the table stands under no heading `## check`")
                list(checks.values())[-1].extend(self._rows(token, tokens))
        return checks

    def _rows(self, table: Token, tokens: Iterator[Token]) -> list[Row]:
        lines = list(_lines(tokens))
        if tuple(cell.content for cell in lines[0]) != COLUMNS:
            raise self._error(table, f"the table's columns are not: {_EXPECTED}")
        rows: list[Row] = []
        for cells in lines[1:]:
            line = self._line(cells[0])
            # The Markdown reader cuts and fills lines silently.
            if len(_COLUMN_END.findall(self._lines_of_file[line - 1])) != len(COLUMNS) + 1:
                columns = f"{len(COLUMNS)} columns ({_EXPECTED})"
                raise self._error(cells[0], f"the row does not have {columns}; inside code, write | as \\|")
            name, explanation, look_at, old, new = cells
            if any(each.content for each in cells[:3]):
                if not all(each.content for each in cells[:3]):
                    raise self._error(cells[0], "a mistake needs a name, what is wrong, and where to look")
                rows.append(Row(line, name.content, explanation.content, look_at.content))
            elif not rows:
                raise self._error(cells[0], "a further edit stands above the first mistake")
            rows[-1] = self._with_edit(rows[-1], old, new)
        return rows

    def _with_edit(self, row: Row, old: Token, new: Token) -> Row:
        program = _PROGRAM.fullmatch(new.content)
        if program and not old.content:
            if row.edits or row.program:
                raise self._error(old, f"{row.name!r} is an edit or a program, not both")
            return replace(row, program=program[1])
        if not old.content or row.program:
            raise self._error(old, f"{row.name!r} has no text of the solution to replace")
        return replace(row, edits=(*row.edits, Edit(self._code(old), self._code(new))))

    def _code(self, cell: Token) -> str:
        """Returns the code of a cell: code between backticks, with `<br>` for the ends of lines."""
        parts = []
        for token in cell.children or ():
            if token.type == "code_inline":
                parts.append(token.content)
            elif token.type == "html_inline" and token.content in ("<br>", "<br/>", "<br />"):
                parts.append("\n")
            elif token.content.strip():
                raise self._error(cell, f"{token.content.strip()!r} is not code between backticks")
        return "".join(parts)

    def _error(self, token: Token, problem: str) -> CourseError:
        where = f"solutions/{self._path.parent.name}/{self._path.name}, line {self._line(token)}"
        return CourseError(f"{where}: {problem}.")

    def _line(self, token: Token) -> int:
        return (token.map or (0,))[0] + 1


def _lines(tokens: Iterator[Token]) -> Iterator[list[Token]]:
    """Yields the cells of each line of a table, up to its end."""
    cells: list[Token] = []
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close":
            yield cells
        elif token.type == "table_close":
            return
