"""The instructor's notebook as the gradebook knows it: its texts and points, in the release's order."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, Notebook

from grader.kernels.errors import GraderError
from utils.notebook.cells import grade_id

SCHEMA = 3
"""The version of nbgrader's metadata that the course writes."""


def gradebook_source(gradebook: Gradebook, assignment: str, notebook: str, released: Path) -> bytes:
    """The notebook from the gradebook's source cells, as a file.

    The gradebook keeps no order and no text between its cells: both come from the released notebook. Where
    the two differ, the gradebook counts; a cell that it does not know is left out.

    Args:
        gradebook: where `generate_assignment` has put the cells.
        assignment: the week's folder.
        notebook: the notebook's name, without its ending.
        released: the released notebook.

    Raises:
        GraderError: the gradebook does not know the notebook, or the released one cannot be read.
    """
    try:
        known = gradebook.find_notebook(notebook, assignment)
    except MissingEntry:
        raise GraderError(
            f"The gradebook does not know {notebook} of {assignment}: run `nbgrader generate_assignment "
            f"{assignment} --force`."
        ) from None
    layout = _read(released, assignment)
    cells = {cell.name: _cell(cell, known) for cell in known.source_cells}
    layout.cells = [each for each in (_settled(cell, cells) for cell in layout.cells) if each]
    placed = {grade_id(cell) for cell in layout.cells}
    layout.cells += [cell for name, cell in cells.items() if name not in placed]
    return nbformat.writes(layout).encode()


def _read(released: Path, assignment: str) -> NotebookNode:
    try:
        return nbformat.read(released, as_version=4)
    except FileNotFoundError:
        why = "is not there"
    except Exception as error:  # whatever nbformat makes of a damaged file
        why = f"cannot be read ({type(error).__name__})"
    raise GraderError(f"{released} {why}: run `course build {released.stem}`, which makes it again.")


def _settled(cell: NotebookNode, cells: dict[str, NotebookNode]) -> NotebookNode | None:
    """The released cell as the gradebook has it; text and demonstrations as they are."""
    name = grade_id(cell)
    if name is None:
        return cell
    if name not in cells:
        return None
    settled = cells[name]
    settled.metadata = {**cell.metadata, "nbgrader": settled.metadata.nbgrader}
    settled.id = cell.get("id", settled.id)
    return nbformat.from_dict(settled)


def _cell(source, notebook: Notebook) -> NotebookNode:
    """A source cell with nbgrader's metadata as they were when the assignment was generated."""
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
