"""Makes the instructor's notebook from the gradebook's source cells, in the released notebook's order."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, Notebook, SourceCell

from grader.kernels.errors import GraderError
from grader.notebook.cells import grade_id

SCHEMA = 3
"""The version of nbgrader's metadata that the course writes."""


def gradebook_source(gradebook: Gradebook, assignment: str, notebook: str, released: Path) -> bytes:
    """Returns the content of a notebook file (.ipynb) made from the gradebook's source cells.

    The gradebook keeps no order and no text between its cells: both come from the released notebook. Where
    the two differ, the gradebook counts; a cell that it does not have is left out.

    Args:
        gradebook: the one that `nbgrader generate_assignment` has written to.
        assignment: the week's folder.
        notebook: the notebook's name, without its ending.
        released: the released notebook.

    Raises:
        GraderError: the gradebook does not have the notebook, or the released one cannot be read.
    """
    try:
        recorded = gradebook.find_notebook(notebook, assignment)
    except MissingEntry:
        raise GraderError(
            f"The gradebook does not know {notebook} of {assignment}: run `nbgrader generate_assignment "
            f"{assignment} --force`."
        ) from None
    layout = _read(released, assignment)
    cells = {cell.name: _cell(cell, recorded) for cell in recorded.source_cells}
    layout.cells = [each for each in (_merged(cell, cells) for cell in layout.cells) if each]
    placed = {grade_id(cell) for cell in layout.cells}
    layout.cells += [cell for name, cell in cells.items() if name not in placed]
    return nbformat.writes(layout).encode()


def _read(released: Path, assignment: str) -> NotebookNode:
    try:
        return nbformat.read(released, as_version=4)
    except FileNotFoundError:
        problem = "is not there"
    except Exception as error:  # nbformat raises errors of many classes for a damaged file
        problem = f"cannot be read ({type(error).__name__})"
    raise GraderError(f"{released} {problem}: run `course build {released.stem}`, which makes it again.")


def _merged(cell: NotebookNode, cells: dict[str, NotebookNode]) -> NotebookNode | None:
    """Returns the released cell with the gradebook's source; text and demonstrations unchanged."""
    name = grade_id(cell)
    if name is None:
        return cell
    if name not in cells:
        return None
    merged = cells[name]
    merged.metadata = {**cell.metadata, "nbgrader": merged.metadata.nbgrader}
    merged.id = cell.get("id", merged.id)
    return nbformat.from_dict(merged)


def _cell(source: SourceCell, notebook: Notebook) -> NotebookNode:
    """Returns a source cell with nbgrader's metadata from when the assignment was generated."""
    graded = {cell.name: cell for cell in notebook.grade_cells}
    tasks = {cell.name: cell for cell in notebook.task_cells}
    metadata = {
        "schema_version": SCHEMA,
        "grade_id": source.name,
        "grade": source.name in graded,
        "solution": source.name in {cell.name for cell in notebook.solution_cells},
        "task": source.name in tasks,
        "locked": source.locked,
        "checksum": source.checksum,
        "cell_type": source.cell_type,
    }
    if source.name in graded | tasks:
        metadata["points"] = (graded | tasks)[source.name].max_score
    code = source.cell_type == "code"
    new = nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell
    return new(source=source.source, metadata={"nbgrader": metadata})
