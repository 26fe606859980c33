"""Reads a week's exercises, with their kinds and points, from the notebook with solutions."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.notebook.cells import grade_id, grading, is_graded, is_task, is_written_answer, tags
from utils.errors import CourseError
from utils.self_check.result import Kind


@dataclass(frozen=True)
class Exercise:
    """One cell that gives points."""

    cell: str
    """The cell's grade_id: `check_causal_mask`."""
    kind: Kind
    out_of: float
    """The maximum points."""

    @property
    def name(self) -> str:
        """The name for tables: `causal_mask`."""
        return self.cell.removeprefix("check_")


def read_exercises(path: Path) -> list[Exercise]:
    """Returns the exercises of the notebook with solutions at `path`, in order.

    Raises:
        CourseError: it has not been built.
    """
    if not path.is_file():
        raise CourseError(f"{path} is not there yet: run `course build` first.")
    return exercises_of(nbformat.read(path, as_version=4).cells)


def exercises_of(cells: Iterable[NotebookNode]) -> list[Exercise]:
    """Returns the exercises among a notebook's cells, in order."""
    graded = [cell for cell in cells if is_graded(cell)]
    return [Exercise(grade_id(cell) or "", _kind(cell), grading(cell)["points"]) for cell in graded]


def _kind(cell: NotebookNode) -> Kind:
    if is_written_answer(cell) or is_task(cell):
        return "written"
    return "stretch" if "stretch" in tags(cell) else "core"
