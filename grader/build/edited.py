"""Finds hand edits in a generated notebook, so that no build overwrites them."""

from pathlib import Path

import nbformat
from nbgrader.utils import compute_checksum

from grader.notebook.cells import grade_id, grading


def edited_cells(path: Path) -> list[str]:
    """Compares the graded cells of a generated notebook with nbgrader's checksums.

    Returns:
        The grade_ids of the edited cells; `["the whole file"]` if it is not a valid notebook; empty if there
        is no file.
    """
    if not path.exists():
        return []
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:  # nbformat raises many types on invalid files
        return ["the whole file"]
    graded = [cell for cell in notebook.cells if "checksum" in grading(cell)]
    return [str(grade_id(cell)) for cell in graded if grading(cell)["checksum"] != compute_checksum(cell)]
