"""Reading of submitted notebooks, which are untrusted: any bytes give cells or an `Unreadable` error."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_CELLS = 2_000
"""Limit on the cells of one notebook."""
_PICTURES = ("image/png", "image/jpeg", "image/gif")
_KINDS = ("code", "markdown", "raw")


class Unreadable(Exception):
    """A file that is not a notebook that can be graded; the message is for the student."""


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as submitted."""

    number: int
    """Its position, counted from 1."""
    kind: str
    source: str
    """With every line end normalised to `\\n`."""
    cell_id: str
    grade_id: str
    """From its nbgrader metadata; empty if they have none."""
    tags: tuple[str, ...]
    attachments: dict[str, dict[str, str]]
    """Images pasted into the text: base64 by name and MIME type."""


def read_submission(content: bytes, max_bytes: int) -> list[SubmittedCell]:
    """Return the notebook's cells, in order.

    Args:
        content: The file.
        max_bytes: Limit on its size.

    Raises:
        Unreadable: It is not a notebook, or it exceeds a limit.
    """
    if not content.strip():
        raise Unreadable("The submitted file is empty.")
    if len(content) > max_bytes:
        raise Unreadable(f"The submitted file has {len(content):,} bytes; at most {max_bytes:,} are read.")
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
    """Return the notebook converted to nbformat 4 if it has an older format, of before 2015.

    Raises:
        Unreadable: It cannot be converted.
    """
    if "cells" in notebook or "worksheets" not in notebook:
        return notebook
    import nbformat  # slow to import, and few files need it

    try:
        return nbformat.convert(nbformat.from_dict(notebook), 4)
    except Exception:  # hand-made files make nbformat raise anything
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
    """Return a notebook's text, which is a string or a list of lines, without lone surrogates."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
