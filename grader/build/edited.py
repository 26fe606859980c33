"""Finds work of somebody's in a generated notebook, so that no build writes over it."""

from pathlib import Path

import nbformat
from nbgrader.utils import compute_checksum

from utils.notebook.cells import grade_id, grading


def edited_cells(path: Path) -> list[str]:
    """The graded cells of a generated notebook that are no longer as generated, by nbgrader's checksums.

    Returns:
        Their grade_ids; `["the whole file"]` where it is no longer a notebook; none where there is no file.
    """
    if not path.exists():
        return []
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:  # A notebook can be broken in as many ways as there are exceptions.
        return ["the whole file"]
    graded = [cell for cell in notebook.cells if "checksum" in grading(cell)]
    return [grade_id(cell) for cell in graded if grading(cell)["checksum"] != compute_checksum(cell)]
