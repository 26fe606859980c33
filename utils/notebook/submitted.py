"""Reads a submitted notebook and believes nothing of it: any bytes give cells, or the reason why not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_CELLS = 2_000
"""Cells of one notebook."""
_PICTURES = ("image/png", "image/jpeg", "image/gif")
_KINDS = ("code", "markdown", "raw")


class Unreadable(Exception):
    """The file is no notebook that can be graded; the text is the sentence to show."""


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as the student handed it in."""

    number: int
    """Its place, counted from 1."""
    kind: str
    source: str
    """With `\\n` as the end of a line, whatever the file has."""
    cell_id: str
    grade_id: str
    """What its nbgrader metadata names it; empty where they do not."""
    tags: tuple[str, ...]
    attachments: dict[str, dict[str, str]]
    """Pictures pasted into a text, by name and kind."""


def read_submission(content: bytes, most: int) -> list[SubmittedCell]:
    """The notebook's cells, in order.

    Args:
        content: the file.
        most: how many bytes it may have.

    Raises:
        Unreadable: it is no notebook.
    """
    if not content.strip():
        raise Unreadable("The submitted file is empty.")
    if len(content) > most:
        raise Unreadable(f"The submitted file has {len(content):,} bytes; at most {most:,} are read.")
    notebook = current_format(_json(content))
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise Unreadable("The submitted file is no notebook: it has no list of cells.")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"The notebook has {len(cells):,} cells; at most {MAX_CELLS:,} are read.")
    return list(_cells(cells))


def _json(content: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("The submitted file is not text in UTF-8, so it is no notebook.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"The submitted file is not a notebook: it is not valid JSON ({where}).") from None
    except (RecursionError, ValueError):
        raise Unreadable("The submitted file is JSON that no notebook program writes.") from None
    if not isinstance(notebook, dict):
        raise Unreadable("The submitted file is JSON, but no notebook.")
    return notebook


def current_format(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook in today's form, where it is of before 2015.

    Raises:
        Unreadable: it cannot be converted.
    """
    if "cells" in notebook or "worksheets" not in notebook:
        return notebook
    import nbformat  # takes a while, and few files need it

    try:
        return nbformat.convert(nbformat.from_dict(notebook), 4)
    except Exception:  # written by hand, or by no program that is known
        raise Unreadable(
            "The notebook is of an old format and cannot be read: save it again in JupyterLab."
        ) from None


def _cells(cells: list[Any]) -> Iterator[SubmittedCell]:
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") in _KINDS:
            yield _cell(number, cell)


def _cell(number: int, cell: dict[str, Any]) -> SubmittedCell:
    metadata = _dict(cell.get("metadata"))
    tags = metadata.get("tags")
    return SubmittedCell(
        number=number,
        kind=cell["cell_type"],
        source=_lines(_text(cell.get("source"))),
        cell_id=_text(cell.get("id"))[:100],
        grade_id=_text(_dict(metadata.get("nbgrader")).get("grade_id"))[:200],
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        attachments=dict(_pictures(_dict(cell.get("attachments")))),
    )


def _pictures(attachments: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for name, kinds in attachments.items():
        kept = {kind: _text(_dict(kinds).get(kind)) for kind in _PICTURES if kind in _dict(kinds)}
        if kept:
            yield _text(name)[:200], kept


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(value: Any) -> str:
    """Text as notebooks hold it, in one piece or as a list of lines; with nothing that UTF-8 cannot write."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
