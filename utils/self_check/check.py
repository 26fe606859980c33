"""One week checked, from the file to the result."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utils.notebook_file import BrokenNotebook, read_notebook
from utils.self_check.result import SelfCheck
from utils.weeks import Week

if TYPE_CHECKING:
    from nbformat import NotebookNode

DEFAULT_TIMEOUT = 600
"""Seconds that a cell may take; the longest, week 11's training, needs about half of it."""

Begin = Callable[[int, int, str], None]
"""Is told, before a cell runs, how many have run, how many there are, and what this one is called."""


def check_week(
    week: Week, path: Path, timeout: int = DEFAULT_TIMEOUT, begin: Begin | None = None
) -> SelfCheck:
    """Runs the notebook at `path` as the grader would and says what each exercise of `week` got.

    The file is only read. Its code runs in its folder, so that it finds `parts.py` and what else lies there.

    Raises:
        CourseError: the file is not this week's notebook, or no kernel could be started.
    """
    notebook = _valid(path, read_notebook(path))
    # Heavy imports only now: most slips have been caught.
    from utils.self_check import _cells
    from utils.self_check._kernel import run_cells
    from utils.self_check._notes import notes_on
    from utils.self_check._rows import rows_of

    _cells.refuse_unusable(notebook, week, path)
    cells = [index for index, cell in enumerate(notebook.cells) if _cells.is_run(cell)]

    def begin_cell(index: int) -> None:
        if begin is not None:
            begin(cells.index(index), len(cells), _cells.label(notebook, index))

    folder = path.absolute().parent
    run = run_cells(notebook, folder, cells, timeout, begin_cell)
    return SelfCheck(week, path, rows_of(notebook, run), notes_on(notebook, run, folder))


def _valid(path: Path, raw: dict[str, Any]) -> "NotebookNode":
    """The notebook as nbformat's object, without what former runs left in it.

    Raises:
        BrokenNotebook: it breaks nbformat's rules.
    """
    import nbformat
    from nbformat.validator import normalize

    for cell in raw["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    raw.setdefault("nbformat_minor", 5)
    try:
        # Cells without an id get one here; nbformat warns of them all the same.
        with warnings.catch_warnings(action="ignore"):
            _, notebook = normalize(nbformat.reader.reads(json.dumps(raw)))
            nbformat.validate(notebook, relax_add_props=True)
    except (nbformat.ValidationError, LookupError, TypeError, AttributeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise BrokenNotebook(
            f"{path} breaks the rules for notebooks: {reason}. Open it in JupyterLab and save it there."
        ) from None
    return notebook
