"""The self-check of one week, from the file to the result."""

from collections.abc import Callable
from pathlib import Path

from utils.errors import CourseError
from utils.notebook.file import BrokenNotebook, read_bytes
from utils.notebook.submitted import Unreadable, read_submission
from utils.self_check.result import SelfCheck
from utils.weeks import Week

DEFAULT_TIMEOUT = 600
"""Seconds for each cell; the longest, week 11's training, needs about half of them."""
_MAX_BYTES = 32 * 2**20
"""Limit on a notebook file, the same as the grader's."""

Begin = Callable[[int, int, str], None]
"""Callback before a cell runs: (cells done, cells in all, this cell's label)."""


def check_week(
    week: Week, path: Path, timeout: int = DEFAULT_TIMEOUT, begin: Begin | None = None
) -> SelfCheck:
    """Run the notebook at `path` as the grader would, and return the points of each exercise of `week`.

    The file is only read. Its code runs in its folder, so that it finds `parts.py` and other files there.

    Args:
        timeout: Seconds for each cell.

    Raises:
        CourseError: The file is not this week's notebook, or no kernel could be started.
    """
    content = read_bytes(path)
    try:
        submitted = read_submission(content, _MAX_BYTES)
    except Unreadable as problem:
        raise BrokenNotebook(f"{path}: {problem}") from None
    # Heavy imports come only after the checks above, which catch most mistakes at once.
    from utils.notebook.released import released_cells, released_notebook
    from utils.self_check._notes import notes_on
    from utils.self_check._plan import make_plan
    from utils.self_check._rows import rows_of
    from utils.self_check._run import run_plan

    notebook = released_notebook(week.folder)
    if notebook is None:
        raise CourseError(
            f"Week {week.number} ({week.notebook}) is not in this copy of the course: update your copy."
        )
    released = released_cells(notebook)
    plan = make_plan(week.folder, path, released, submitted)
    ran = run_plan(plan, week, released, path.absolute().parent, timeout, begin)
    notes = notes_on(plan.assembled, ran, path, content)
    return SelfCheck(week, path, rows_of(plan.assembled, ran), notes)
