"""What a notebook's cell is: its kind, its tags, its name, its solution regions."""

import re

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

KINDS = ("set-up", "look", "work", "check")
"""What a code cell can be, by its tag."""
BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
"""nbgrader's marks around the lines that a student has to write."""
BEGIN_SCHEME, END_SCHEME = "BEGIN MARK SCHEME", "END MARK SCHEME"
"""nbgrader's marks around what only the graders of a task see."""


def tags(cell: NotebookNode) -> set[str]:
    """The cell's tags."""
    return set(cell.metadata.get("tags", ()))


def kinds(cell: NotebookNode) -> list[str]:
    """The kinds that the cell's tags name. A code cell of a source has exactly one, text has none."""
    return [kind for kind in KINDS if kind in tags(cell)]


def is_kind(cell: NotebookNode, kind: str) -> bool:
    """Whether the cell is of this kind."""
    return kinds(cell) == [kind]


def is_part(cell: NotebookNode) -> bool:
    """Whether later weeks use what the cell defines."""
    return cell.cell_type == "code" and "part" in tags(cell)


def grading(cell: NotebookNode) -> dict:
    """nbgrader's metadata of the cell; empty where it has none."""
    metadata = cell.metadata.get("nbgrader")
    return metadata if isinstance(metadata, dict) else {}


def grade_id(cell: NotebookNode) -> str | None:
    """The name under which nbgrader knows the cell."""
    return grading(cell).get("grade_id")


def is_task(cell: NotebookNode) -> bool:
    """Whether the cell sets a task: the student answers in own cells below it, and a person grades."""
    return bool(grading(cell).get("task"))


def is_graded(cell: NotebookNode) -> bool:
    """Whether the cell has points, by a check or by a person."""
    return bool(grading(cell).get("grade")) or is_task(cell)


def is_written_answer(cell: NotebookNode) -> bool:
    """Whether a person grades the cell: an answer in the student's own words, or a task."""
    return is_task(cell) or bool(grading(cell).get("grade") and grading(cell).get("solution"))


def plain_python(cell: NotebookNode) -> str:
    """The cell's code with IPython's `%` and `!` lines written as the Python that they stand for."""
    return TransformerManager().transform_cell(cell.source)


def without_marks(code: str) -> str:
    """The code without the lines that mark a solution's beginning and end."""
    return "\n".join(line for line in code.split("\n") if BEGIN not in line and END not in line)


def solution_regions(cell: NotebookNode) -> list[list[str]]:
    """The lines of each solution region; a solution cell without marks is one region, as in nbgrader."""
    if not grading(cell).get("solution"):
        return []
    lines = cell.source.split("\n")
    begins = [number for number, line in enumerate(lines) if BEGIN in line]
    ends = [number for number, line in enumerate(lines) if END in line]
    return [lines[begin + 1 : end] for begin, end in zip(begins, ends, strict=True)] or [lines]


def slug(text: str, longest: int = 40) -> str:
    """The first words of a text, fit for a cell id: `Exercise 2: scores` gives `exercise-2-scores`."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:longest].strip("-")
