"""What else is worth knowing after a run, a sentence each: what stands below the table."""

import os
import sys
from collections import Counter
from pathlib import Path

from nbformat import NotebookNode

from utils.self_check import _cells
from utils.self_check._kernel import Run
from utils.self_check._rows import failed_cells
from utils.self_check.result import CORE_POINTS

_OURS = frozenset({"utils", "grader", "torch", "transformers", "numpy", "IPython", "ipykernel", "einops"})


def notes_on(notebook: NotebookNode, run: Run, folder: Path) -> tuple[str, ...]:
    """Every note on a notebook that has run in `folder`, the gravest first."""
    return (
        *_end_of_run(notebook, run),
        *_missing_points(notebook),
        *_repeated_cells(notebook),
        *_changed_cells(notebook),
        *failed_cells(notebook, run),
        *_hidden_modules(folder),
    )


def _end_of_run(notebook: NotebookNode, run: Run) -> list[str]:
    if run.stopped_in is None:
        return []
    where = _cells.label(notebook, run.stopped_in)
    seconds = f"{run.stop_seconds:.0f} s"
    return [f"The kernel died in {where} after {seconds}: {run.stop_reason}. The rest was not checked."]


def _missing_points(notebook: NotebookNode) -> list[str]:
    cells = [cell for _, cell in _cells.graded_cells(notebook) if _cells.kind_of(cell) == "core"]
    points = sum(float(cell.metadata.nbgrader["points"]) for cell in cells)
    if points == CORE_POINTS:
        return []
    return [
        f"The core checks in this notebook are worth {points:g} points, not {CORE_POINTS}: check cells were "
        "deleted or changed. The grader uses the released ones."
    ]


def _repeated_cells(notebook: NotebookNode) -> list[str]:
    names = Counter(_cells.grade_id(cell) for cell in notebook.cells if _cells.grade_id(cell))
    return [
        f"There are {count} cells named {name}; the first counts. Delete the copies."
        for name, count in names.items()
        if count > 1
    ]


def _changed_cells(notebook: NotebookNode) -> list[str]:
    return [
        f"{_cells.label(notebook, index)} was changed, but it is a locked one: the grader uses the original."
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and not _cells.is_check(cell) and _cells.is_changed(cell)
    ]


def _hidden_modules(folder: Path) -> list[str]:
    """Files of the student's that Python finds before the modules that the notebook means."""
    names = {Path(name).stem for name in os.listdir(folder) if name.endswith(".py")}
    hidden = sorted(names & (sys.stdlib_module_names | _OURS))
    return [f"{name}.py in {folder} hides the module {name}: rename it." for name in hidden]
