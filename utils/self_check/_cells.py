"""What the cells of a course notebook are, read from their tags and nbgrader's metadata."""

import math
import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_grade, is_locked, is_solution, is_task

from utils.errors import CourseError
from utils.self_check.result import Kind
from utils.weeks import Week

_IMPORTED_CHECKS = re.compile(r"\butils\.checks\s+import\s+(week\d\d_\w+)|\butils\.checks\.(week\d\d_\w+)")


def is_graded(cell: NotebookNode) -> bool:
    """Whether nbgrader gives points for the cell, by itself or by a person."""
    return _has_nbgrader(cell) and bool(is_grade(cell) or is_task(cell))


def is_check(cell: NotebookNode) -> bool:
    """Whether running the cell decides its points."""
    return is_graded(cell) and cell.cell_type == "code" and not is_solution(cell) and not is_task(cell)


def is_run(cell: NotebookNode) -> bool:
    """Whether the grader runs the cell: all code but demonstrations."""
    demonstration = "look" in tags(cell) and not is_graded(cell)
    return cell.cell_type == "code" and bool(cell.source.strip()) and not demonstration


def is_changed(cell: NotebookNode) -> bool:
    """Whether a cell that nbgrader locks is not as it was released.

    A cell that carries no checksum was never released, so nothing can be said of it: False.
    """
    if not _has_nbgrader(cell) or not is_locked(cell):
        return False
    released = cell.metadata.nbgrader.get("checksum")
    return released is not None and released != compute_checksum(cell)


def is_answered(notebook: NotebookNode, index: int) -> bool:
    """Whether there is an answer for a person to grade: in the cell itself, or, of a task, below it."""
    cell = notebook.cells[index]
    if is_task(cell):  # the course's own notebooks end with their task
        return any(below.source.strip() for below in notebook.cells[index + 1 :])
    return cell.metadata.nbgrader.get("checksum") != compute_checksum(cell)


def kind_of(cell: NotebookNode) -> Kind:
    """What a graded cell counts towards."""
    if not is_check(cell):
        return "written"
    return "stretch" if "stretch" in tags(cell) else "core"


def tags(cell: NotebookNode) -> list[str]:
    """The cell's tags, in JupyterLab's sense."""
    return cell.metadata.get("tags", [])


def exercise_of(cell: NotebookNode) -> str:
    """The exercise's name: `causal_mask` for the check cell `check_causal_mask`."""
    return grade_id(cell).removeprefix("check_")


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name for the cell; empty when it has none."""
    return str(cell.metadata.nbgrader.get("grade_id", "")) if _has_nbgrader(cell) else ""


def label(notebook: NotebookNode, index: int) -> str:
    """How to call a cell so that its reader finds it: its place from the top, and its name or first line."""
    cell = notebook.cells[index]
    first_line = next(iter(cell.source.strip().splitlines()), "")
    name = grade_id(cell) or (first_line if len(first_line) <= 40 else first_line[:39] + "…")
    return f"cell {index + 1} ({name})" if name else f"cell {index + 1}"


def graded_cells(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """The graded cells with their places; of cells with the same name only the first, which counts."""
    seen: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        if is_graded(cell) and grade_id(cell) not in seen:
            seen.add(grade_id(cell))
            yield index, cell


def refuse_unusable(notebook: NotebookNode, week: Week, path: Any) -> None:
    """Checks that this is `week`'s notebook and that nbgrader could read its metadata.

    Raises:
        CourseError: it is another week's, holds no check, or its metadata is damaged.
    """
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    imported = {name for pair in _IMPORTED_CHECKS.findall(source) for name in pair if name}
    if imported and week.folder not in imported:
        raise CourseError(
            f"{path} is the notebook of {', '.join(sorted(imported))}, not of week {week.number} "
            f"({week.notebook}): name the week that it belongs to."
        )
    for index, cell in enumerate(notebook.cells):
        if is_graded(cell) and not _has_points(cell):
            raise CourseError(
                f"{path}: {label(notebook, index)} has damaged grading metadata (its name or its points). "
                "Copy your answers into a fresh copy of the released notebook."
            )
    if not any(is_check(cell) for cell in notebook.cells):
        name = f"week {week.number} ({week.notebook})"
        raise CourseError(f"{path} holds no check cell of the course: is it the notebook of {name}?")


def _has_nbgrader(cell: NotebookNode) -> bool:
    return isinstance(cell.metadata.get("nbgrader"), dict)


def _has_points(cell: NotebookNode) -> bool:
    try:
        points = float(cell.metadata.nbgrader["points"])
    except (KeyError, TypeError, ValueError):
        return False
    return bool(grade_id(cell)) and math.isfinite(points) and points >= 0
