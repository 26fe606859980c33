"""Edits that honest students and their editors make to a notebook. None of them costs points.

The handbook's table has a row for each of `ROWS`; every row is graded by `course grade`, `nbgrader autograde`
and `course check`.
"""

import json
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from autograde import week05
from nbformat import NotebookNode, v4

_NUMBERS = count()
END = sys.maxsize
"""The position behind the last cell, however many there are."""
Edit = Callable[[NotebookNode], object]
NOTHING_LOST = week05.FULL


@dataclass(frozen=True)
class Row:
    """One kind of edit, with examples."""

    what: str
    """Its name in the first column of the handbook's table."""
    edits: tuple[tuple[str, Edit], ...]
    """Examples by name, each of which changes the perfect notebook in place, or returns another."""
    points: float = NOTHING_LOST
    lost: frozenset[str] = field(default_factory=frozenset)
    """Exercises that lose their points: those that are not written at all."""


def new_id() -> str:
    """Return a new cell id."""
    return f"new-{next(_NUMBERS)}"


def made(edit: Edit) -> NotebookNode | bytes:
    """Return the perfect notebook after the edit."""
    notebook = week05.solved(own_words="Every row of a pattern belongs to one query.")
    return edit(notebook) or notebook


def as_bytes(notebook: NotebookNode | dict | bytes) -> bytes:
    """Return the notebook's file."""
    return notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()


# --- Pieces of edits ----------------------------------------------------------------------------------------


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell with this grade_id."""
    return week05.cell(notebook, name)


def place(notebook: NotebookNode, name: str) -> int:
    """Return the position of the cell with this grade_id."""
    wanted = cell(notebook, name)
    return next(at for at, each in enumerate(notebook.cells) if each is wanted)


def own(code: str, **metadata: Any) -> NotebookNode:
    """Return a code cell of the student's own."""
    return v4.new_code_cell(code, id=new_id(), metadata=metadata)


def words(text: str) -> NotebookNode:
    """Return a text cell of the student's own."""
    return v4.new_markdown_cell(text, id=new_id())


def insert(after: str, *cells: NotebookNode) -> Edit:
    """Insert cells after the named one."""

    def edit(notebook: NotebookNode) -> None:
        at = place(notebook, after) + 1
        notebook.cells[at:at] = map(deepcopy, cells)

    return edit


def prepend(name: str, code: str) -> Edit:
    """Add lines above an answer, in its cell."""

    def edit(notebook: NotebookNode) -> None:
        cell(notebook, name).source = f"{code}\n{cell(notebook, name).source}"

    return edit


def append(name: str, code: str) -> Edit:
    """Append lines to a cell."""

    def edit(notebook: NotebookNode) -> None:
        cell(notebook, name).source += f"\n{code}"

    return edit


def delete(*names: str) -> Edit:
    """Delete cells."""

    def edit(notebook: NotebookNode) -> None:
        for name in names:
            del notebook.cells[place(notebook, name)]

    return edit


def both(*edits: Edit) -> Edit:
    """Combine edits, in this order."""

    def edit(notebook: NotebookNode) -> object:
        done: object = None
        for each in edits:
            done = each(notebook) or done
        return done

    return edit


def split(name: str, line: int) -> Edit:
    """JupyterLab's Split Cell: both halves keep the metadata, the second gets an id of its own."""

    def edit(notebook: NotebookNode) -> None:
        first = cell(notebook, name)
        lines = first.source.split("\n")
        second = deepcopy(first)
        second.id = new_id()
        first.source, second.source = "\n".join(lines[:line]), "\n".join(lines[line:])
        notebook.cells.insert(place(notebook, name) + 1, second)

    return edit


def split_before(name: str, text: str) -> Edit:
    """Split Cell with the cursor at the beginning of the line that holds the text."""

    def edit(notebook: NotebookNode) -> None:
        lines = cell(notebook, name).source.split("\n")
        split(name, next(at for at, line in enumerate(lines) if text in line))(notebook)

    return edit


def copied(name: str, to: int | None = None) -> Edit:
    """Copy a cell, by default to the position below it."""

    def edit(notebook: NotebookNode) -> None:
        other = deepcopy(cell(notebook, name))
        other.id = new_id()
        at = place(notebook, name) + 1 if to is None else to
        notebook.cells.insert(at, other)

    return edit


def written_anew(name: str, kind: str = "code", where: str = "") -> Edit:
    """Delete a cell and type its text into a new one, by default in its place."""

    def edit(notebook: NotebookNode) -> None:
        old, at = cell(notebook, name), place(notebook, name)
        del notebook.cells[at]
        at = place(notebook, where) + 1 if where else at
        notebook.cells.insert(at, own(old.source) if kind == "code" else words(old.source))

    return edit


def merged(first: str, second: str, named: str) -> Edit:
    """Merge two cells into one, which keeps the grade_id of one of them."""

    def edit(notebook: NotebookNode) -> None:
        source = f"{cell(notebook, first).source}\n\n{cell(notebook, second).source}"
        cell(notebook, named).source = source
        del notebook.cells[place(notebook, second if named == first else first)]

    return edit


def moved(name: str, to: int) -> Edit:
    """Move a cell."""

    def edit(notebook: NotebookNode) -> None:
        each = cell(notebook, name)
        del notebook.cells[place(notebook, name)]
        notebook.cells.insert(to if to >= 0 else len(notebook.cells), each)

    return edit


def released_again(name: str) -> Edit:
    """Restore a cell as it was released."""

    def edit(notebook: NotebookNode) -> None:
        cell(notebook, name).source = cell(week05.released(), name).source

    return edit


def without_names(notebook: NotebookNode) -> None:
    """Save as an editor that drops the metadata of cells."""
    for each in notebook.cells:
        each.metadata = NotebookNode()


def without_ids(notebook: NotebookNode) -> None:
    """Save as an editor that writes nbformat 4.4, of before 2020."""
    for each in notebook.cells:
        each.pop("id", None)
    notebook.nbformat_minor = 4


def colab(notebook: NotebookNode) -> None:
    """Google Colab: ids move into the metadata, and its own settings come along."""
    for each in notebook.cells:
        each.metadata["id"] = each.pop("id")[:12]
        each.metadata["colab"] = {"base_uri": "https://localhost:8080/", "height": 34}
    notebook.nbformat_minor = 0
    notebook.metadata = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
        "accelerator": "GPU",
    }


def kaggle(notebook: NotebookNode) -> None:
    """Kaggle: the format of before 2020 with ids of its own."""
    without_ids(notebook)
    for each in notebook.cells:
        each.metadata |= {"_uuid": new_id(), "_cell_guid": new_id(), "trusted": True}


def vs_code(notebook: NotebookNode) -> None:
    """VS Code: its own ids and settings."""
    for each in notebook.cells:
        each.id = new_id()
        each.metadata["vscode"] = {"languageId": "python"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.1", "pygments_lexer": "ipython3"}


def deepnote(notebook: NotebookNode) -> None:
    """Deepnote: no names, ids of its own in the metadata."""
    without_ids(notebook)
    for each in notebook.cells:
        each.metadata = NotebookNode(cell_id=new_id(), deepnote_cell_type=each.cell_type, source_hash="0")


def jupytext_pair(notebook: NotebookNode) -> None:
    """Read back a notebook from its paired jupytext file: all ids are new."""
    import jupytext

    text = jupytext.writes(notebook, "py:percent")
    back = jupytext.reads(text, "py:percent")
    notebook.cells, notebook.metadata = back.cells, back.metadata


def jupytext_bare(notebook: NotebookNode) -> None:
    """Read back a notebook from jupytext with a filter that keeps no metadata."""
    notebook.metadata["jupytext"] = {"cell_metadata_filter": "-all", "formats": "ipynb,py:percent"}
    jupytext_pair(notebook)


def crlf(notebook: NotebookNode) -> None:
    """Save with the line ends of Windows."""
    for each in notebook.cells:
        each.source = each.source.replace("\n", "\r\n")


def format_3(notebook: NotebookNode) -> dict[str, Any]:
    """Save as nbformat 3, of before 2015."""
    cells = []
    for each in notebook.cells:
        kept: dict[str, Any] = {"cell_type": each.cell_type, "metadata": dict(each.metadata)}
        if each.cell_type == "code":
            kept |= {"input": each.source, "language": "python", "outputs": [], "collapsed": False}
        else:
            kept["source"] = each.source
        cells.append(kept)
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}


def all_in_one(notebook: NotebookNode) -> None:
    """Write all answers in one cell at the end and leave the stubs as they were."""
    names = [name for name in week05.answers() if name != "own_words"]
    notebook.cells.append(own("\n\n".join(week05.answers()[name] for name in names)))
    for name in names:
        released_again(name)(notebook)


def with_helper(where: str, behind: bool, **metadata: Any) -> Edit:
    """Implement causal_mask by a helper in a cell of its own."""

    def edit(notebook: NotebookNode) -> None:
        answer = cell(notebook, "causal_mask")
        helper = own(answer.source.replace("def causal_mask", "def _helper"), **metadata)
        answer.source = "def causal_mask(scores):\n    return _helper(scores)"
        notebook.cells.insert(place(notebook, where) + behind, helper)

    return edit


def picture(name: str, link: str) -> Edit:
    """Paste a picture into the answer in words."""

    def edit(notebook: NotebookNode) -> None:
        answer = cell(notebook, "own_words")
        answer.attachments = {name: {"image/png": "iVBORw0KGgo="}}
        answer.source += f"\n\n{link}"

    return edit
