"""Released notebooks: the role of each cell, and the copies that `course check` compares with."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from utils.notebook.code import binds

if TYPE_CHECKING:
    from nbformat import NotebookNode

Role = Literal["set-up", "answer", "written", "check", "task", "look", "text"]
"""The role of a cell, in this order: code that runs as it is, code that the student writes, an answer that a
person grades, a check that decides points, a task that is answered below it, a demonstration, text."""

FOLDER = Path(__file__).with_name("releases")
"""Copies of the released notebooks, made by `course build`; the student's own have been edited."""


@dataclass(frozen=True, eq=False)
class ReleasedCell:
    """A cell of a released notebook."""

    place: int
    """Its position in the notebook, counted from 0."""
    cell: "NotebookNode"
    role: Role

    @property
    def name(self) -> str:
        """Its grade_id; empty if it has none."""
        return str(nbgrader_metadata(self.cell).get("grade_id") or "")

    @property
    def source(self) -> str:
        """Its text."""
        return str(self.cell.source)

    @property
    def kind(self) -> str:
        """`code`, `markdown` or `raw`."""
        return str(self.cell.cell_type)

    @cached_property
    def defines(self) -> frozenset[str]:
        """The names that an answer must bind: what its exercise is called, where the stub binds that.

        What else the stub binds, as a class that the exercise's own is made of, may stand in another cell.
        """
        bound = binds(self.source) if self.role == "answer" else frozenset()
        return bound & {self.name} or bound

    @property
    def is_students(self) -> bool:
        """True if the student writes it."""
        return self.role in ("answer", "written")

    def is_untouched(self, source: str) -> bool:
        """True if `source`, submitted for this cell, is not an answer: empty, or as released."""
        return not source.strip() or source.strip() == self.source.strip()


def nbgrader_metadata(cell: Any) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell; empty if it has none."""
    metadata = cell.metadata.get("nbgrader")
    return metadata if isinstance(metadata, dict) else {}


def role_of(cell: "NotebookNode") -> Role:
    """Return the role of a cell of a released notebook, by nbgrader's metadata and its tags."""
    metadata = nbgrader_metadata(cell)
    if metadata.get("task"):
        return "task"
    if metadata.get("solution"):
        return "written" if metadata.get("grade") or cell.cell_type != "code" else "answer"
    if cell.cell_type != "code":
        return "text"
    if metadata.get("grade"):
        return "check"
    return "look" if "look" in cell.metadata.get("tags", ()) and not metadata else "set-up"


def released_cells(notebook: "NotebookNode") -> tuple[ReleasedCell, ...]:
    """Return the cells of a released notebook with their roles, in order."""
    return tuple(ReleasedCell(place, cell, role_of(cell)) for place, cell in enumerate(notebook.cells))


def released_notebook(week: str) -> "NotebookNode | None":
    """Return the released notebook of a week, by its folder's name; None if this copy lacks it."""
    import nbformat

    path = FOLDER / f"{week}.ipynb"
    if not path.is_file():
        return None
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
