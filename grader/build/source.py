"""Reads a week's source, a py:percent text, as a notebook; deterministically."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from grader.folders import shown
from grader.notebook.cells import grade_id, kinds, slug
from utils.errors import CourseError
from utils.weeks import WEEKS, Week

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
"""The metadata of every notebook of the course; JupyterLab adds the rest when it runs one."""

_JUPYTEXT_ONLY = ("lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker")


@dataclass(frozen=True)
class Source:
    """One week's source."""

    week: Week
    path: Path
    notebook: NotebookNode
    """The source as a notebook, including solutions."""
    parts_only: bool
    """True while the week has parts for later weeks and no notebook of its own yet."""
    label: str
    """The path to show in messages."""

    def place(self, position: int) -> str:
        """Returns a cell's location for messages: file, number counted from 1, name."""
        cell = self.notebook.cells[position]
        first = cell.source.strip().split("\n")[0][:40]
        return f"{self.label}, cell {position + 1} ({grade_id(cell) or first or 'empty'})"


def source_path(root: Path, week: Week) -> Path:
    """Returns the path of the week's source, which need not exist."""
    return root / "solutions" / week.folder / f"{week.notebook}.py"


def weeks_with_source(root: Path) -> list[Week]:
    """Returns the weeks that have a source, in order."""
    return [week for week in WEEKS if source_path(root, week).is_file()]


def read_source(root: Path, week: Week) -> Source:
    """Reads the week's source.

    Raises:
        CourseError: it is missing, is not text, or jupytext cannot read it.
    """
    path = source_path(root, week)
    label = shown(path, root)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"Week {week.number} has no source yet: {label} is not there.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{label} cannot be read: {error}.") from None
    notebook = _notebook(text, label)
    parts_only = notebook.metadata.get("course") == {"parts_only": True}
    return Source(week, path, _normalised(notebook), parts_only, label)


def _notebook(text: str, label: str) -> NotebookNode:
    if "# %%" not in text:
        raise CourseError(f"{label} holds no cells: each must begin with a line `# %%`.")
    try:
        return jupytext.reads(text, fmt="py:percent")
    except Exception as error:  # jupytext raises many types on invalid metadata
        raise CourseError(f"{label} is no notebook that jupytext can read: {error}") from None


def _normalised(notebook: NotebookNode) -> NotebookNode:
    for cell in notebook.cells:
        for key in _JUPYTEXT_ONLY:
            cell.metadata.pop(key, None)
    for cell, name in zip(notebook.cells, _cell_ids(notebook.cells), strict=True):
        cell["id"] = name
    metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    return nbformat.v4.new_notebook(cells=notebook.cells, metadata=metadata, nbformat_minor=5)


def _cell_ids(cells: list[NotebookNode]) -> list[str]:
    # Made from names and first words, not from positions, so that inserting a cell changes no other id.
    taken: list[str] = []
    for cell in cells:
        name = _cell_name(cell)
        numbered = (f"{name}-{number}" for number in count(2))
        taken.append(name if name not in taken else next(new for new in numbered if new not in taken))
    return taken


def _cell_name(cell: NotebookNode) -> str:
    kind = (kinds(cell) or ["text" if cell.cell_type == "markdown" else cell.cell_type])[0]
    return slug(grade_id(cell) or "") or f"{kind}-{slug(cell.source)}".strip("-")
