"""A released notebook: what each of its cells is for, and the copy that `course check` compares with."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from utils.notebook.code import binds

if TYPE_CHECKING:
    from nbformat import NotebookNode

Role = Literal["set-up", "answer", "written", "check", "task", "look", "text"]
"""What a cell is for: code that runs as it is, code that the student writes, an answer that a person grades,
a cell whose run decides its points, a task that is answered below it, a demonstration, text."""

FOLDER = Path(__file__).with_name("releases")
"""Copies of the released notebooks, made by `course build`: a student's own is not as it was."""


@dataclass(frozen=True, eq=False)
class ReleasedCell:
    """A cell of a released notebook."""

    place: int
    cell: "NotebookNode"
    role: Role

    @property
    def name(self) -> str:
        """Its grade_id; empty where it has none."""
        return str(nbgrader_metadata(self.cell).get("grade_id") or "")

    @property
    def source(self) -> str:
        """Its text."""
        return self.cell.source

    @property
    def kind(self) -> str:
        """`code`, `markdown` or `raw`."""
        return self.cell.cell_type

    @cached_property
    def defines(self) -> frozenset[str]:
        """What the stub of an answer defines, and so the answer should."""
        return binds(self.source) if self.role == "answer" else frozenset()

    @property
    def is_students(self) -> bool:
        """Whether the student writes it."""
        return self.role in ("answer", "written")

    def is_untouched(self, source: str) -> bool:
        """Whether a text in this cell's place is no answer: empty, or as released but for blank ends."""
        return not source.strip() or source.strip() == self.source.strip()


def nbgrader_metadata(cell: Any) -> dict[str, Any]:
    """nbgrader's metadata of a cell; empty where it has none."""
    metadata = cell.metadata.get("nbgrader")
    return metadata if isinstance(metadata, dict) else {}


def role_of(cell: "NotebookNode") -> Role:
    """What a cell of a released notebook is for, by nbgrader's metadata and its tags."""
    told = nbgrader_metadata(cell)
    if told.get("task"):
        return "task"
    if told.get("solution"):
        return "written" if told.get("grade") or cell.cell_type != "code" else "answer"
    if cell.cell_type != "code":
        return "text"
    if told.get("grade"):
        return "check"
    return "look" if "look" in cell.metadata.get("tags", ()) and not told else "set-up"


def released_cells(notebook: "NotebookNode") -> tuple[ReleasedCell, ...]:
    """The cells of a released notebook with their roles, in order."""
    return tuple(ReleasedCell(place, cell, role_of(cell)) for place, cell in enumerate(notebook.cells))


def released_notebook(week: str) -> "NotebookNode | None":
    """The released notebook of a week, by its folder's name; None where this copy of the course has none."""
    import nbformat

    path = FOLDER / f"{week}.ipynb"
    if not path.is_file():
        return None
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
