"""Properties of a notebook's cell: its kind, tags, grade_id and solution regions."""

import re
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

KINDS = ("set-up", "look", "work", "check")
"""The kinds of code cell; each is a tag."""
BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
"""nbgrader's markers around the lines that a student has to write."""
BEGIN_SCHEME, END_SCHEME = "BEGIN MARK SCHEME", "END MARK SCHEME"
"""nbgrader's markers around what only the graders of a task see."""


def tags(cell: NotebookNode) -> set[str]:
    """Return the cell's tags."""
    return set(cell.metadata.get("tags", ()))


def kinds(cell: NotebookNode) -> list[str]:
    """Return the kinds that the cell's tags name. A code cell of a source has exactly one, text has none."""
    return [kind for kind in KINDS if kind in tags(cell)]


def is_kind(cell: NotebookNode, kind: str) -> bool:
    """True if the cell is of this kind."""
    return kinds(cell) == [kind]


def is_part(cell: NotebookNode) -> bool:
    """True if later weeks use what the cell defines."""
    return cell.cell_type == "code" and "part" in tags(cell)


def grading(cell: NotebookNode) -> dict[str, Any]:
    """Return nbgrader's metadata of the cell; empty if it has none."""
    metadata = cell.metadata.get("nbgrader")
    return metadata if isinstance(metadata, dict) else {}


def grade_id(cell: NotebookNode) -> str | None:
    """Return nbgrader's name of the cell; None if it has none."""
    return grading(cell).get("grade_id")


def is_task(cell: NotebookNode) -> bool:
    """True if the cell sets a task: the student answers in cells below it, and a person grades."""
    return bool(grading(cell).get("task"))


def is_graded(cell: NotebookNode) -> bool:
    """True if the cell has points, given by a check or by a person."""
    return bool(grading(cell).get("grade")) or is_task(cell)


def is_written_answer(cell: NotebookNode) -> bool:
    """True if a person grades the cell: an answer in words, or a task."""
    return is_task(cell) or bool(grading(cell).get("grade") and grading(cell).get("solution"))


def plain_python(cell: NotebookNode) -> str:
    """Return the cell's code with IPython's `%` and `!` lines translated to Python."""
    return TransformerManager().transform_cell(cell.source)


def without_marks(code: str) -> str:
    """Return the code without the lines that mark a solution's beginning and end."""
    return "\n".join(line for line in code.split("\n") if BEGIN not in line and END not in line)


def solution_regions(cell: NotebookNode) -> list[list[str]]:
    """Return the lines of each solution region; without markers the whole cell is one."""
    if not grading(cell).get("solution"):
        return []
    lines = cell.source.split("\n")
    begins = [number for number, line in enumerate(lines) if BEGIN in line]
    ends = [number for number, line in enumerate(lines) if END in line]
    return [lines[begin + 1 : end] for begin, end in zip(begins, ends, strict=True)] or [lines]


def slug(text: str, longest: int = 40) -> str:
    """Return the first words of a text as a cell id: `Exercise 2: scores` gives `exercise-2-scores`."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:longest].strip("-")
