"""The notebook that a self-check runs: assembled as in grading, and laid out as cells for a kernel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from utils.notebook.assembly import AssembledNotebook, Step, assemble_notebook
from utils.notebook.code import definitions
from utils.notebook.file import BrokenNotebook
from utils.notebook.released import ReleasedCell, nbgrader_metadata
from utils.notebook.submitted import SubmittedCell, Unreadable


@dataclass
class Plan:
    """An assembled notebook and the cells that run."""

    assembled: AssembledNotebook
    steps_of: list[Step] = field(default_factory=list)
    """For each cell of `notebook`, the step that it is a piece of."""
    notebook: NotebookNode = field(default_factory=new_notebook)

    def cells_of(self, step: Step) -> list[int]:
        """Return the positions of a step's cells in `notebook`."""
        return [place for place, each in enumerate(self.steps_of) if each is step]

    def without(self, step: Step, whole: bool) -> "Plan":
        """Return the plan without a step that ended the kernel.

        The step's definitions are kept if it is the student's, unless `whole` is true.
        """
        kept = () if whole or not step.is_students else tuple(filter(None, map(definitions, step.pieces)))
        return _laid_out(self.assembled, {**self._kept(), id(step): kept})

    def _kept(self) -> dict[int, tuple[str, ...]]:
        return {
            id(step): tuple(self.notebook.cells[place].source for place in self.cells_of(step))
            for step in self.assembled.steps
            if step.pieces
        }


def make_plan(
    week: str, path: Path, released: Sequence[ReleasedCell], submitted: Sequence[SubmittedCell]
) -> Plan:
    """Return the plan for the notebook at `path`.

    Raises:
        BrokenNotebook: It is not this week's notebook.
    """
    try:
        assembled = assemble_notebook(week, released, submitted)
    except Unreadable as problem:
        raise BrokenNotebook(f"{path}: {problem}") from None
    return _laid_out(assembled, {id(step): step.pieces for step in assembled.steps})


def _laid_out(assembled: AssembledNotebook, pieces: dict[int, tuple[str, ...]]) -> Plan:
    plan = Plan(assembled)
    for step in assembled.steps:
        for piece in pieces.get(id(step), ()):
            plan.steps_of.append(step)
            plan.notebook.cells.append(new_code_cell(piece, metadata=step.cell.metadata))
    return plan


def is_graded(step: Step) -> bool:
    """True if the cell has points in nbgrader, given by a check or by a person."""
    return step.role in ("check", "written", "task") and points_of(step) is not None


def points_of(step: Step) -> float | None:
    """Return the maximum points of a cell; None if it has none."""
    points = nbgrader_metadata(step.cell).get("points")
    return None if points is None else float(points)


def label(step: Step) -> str:
    """Return a name by which the student finds the cell: its position, and its grade_id or first line."""
    if not step.number:
        return step.name or "a cell that is not in your notebook"
    first_line = next(iter(step.cell.source.strip().splitlines()), "")
    name = "" if step.is_own else step.name
    shown = name or (first_line if len(first_line) <= 40 else first_line[:39] + "…")
    return f"cell {step.number} ({shown})" if shown else f"cell {step.number}"
