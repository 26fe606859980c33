"""Measures what each week takes: its notebook with solutions, by reference, and `course check` on it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import nbformat

from grader.build.build import make
from grader.tools.status.measurements import (
    RUN_TIMES,
    CheckCost,
    Cost,
    SlowCell,
    keep_measured,
    machine,
)
from grader.tools.status.notebook_run import ONE_THREAD, REFERENCES, CellTime, NotebookRun, run_notebook
from utils.errors import CourseError
from utils.reference import hub
from utils.weeks import Week

SLOWEST = 3
"""The number of slow cells that are noted for each notebook."""

Say = Callable[[Week, str, Cost | CheckCost], None]
"""Receives each measurement: week, `storyteller`, `gpt2` or `check`, and what was found."""

# Runs in a process of its own, so that the memory of its kernel can be told from that of others.
_CHECK = """
import sys
from pathlib import Path
from utils.self_check import check_week
from utils.weeks import find_week
rows = check_week(find_week(sys.argv[1]), Path(sys.argv[2])).rows
print(*(row.exercise for row in rows if row.kind != "written" and row.mark != "✓"))
"""


def references_here() -> tuple[str, ...]:
    """Returns the references that this machine has: gpt2 only where it is in the hub's cache."""
    return tuple(name for name in REFERENCES if name == "storyteller" or hub.cached_model(name))


def time_weeks(
    root: Path,
    weeks: Iterable[Week],
    say: Say,
    references: Sequence[str] = REFERENCES,
    path: Path = RUN_TIMES,
) -> None:
    """Measures the weeks one after the other, and notes each measurement at once.

    Args:
        root: the course folder.
        weeks: the weeks to measure.
        say: receives each measurement.
        references: the references to run the notebooks with.
        path: the file of the measurements.

    Raises:
        CourseError: a source is invalid, a cell failed, or `course check` did not find a solution right.
    """
    for week in weeks:
        with tempfile.TemporaryDirectory(prefix="course-time-") as folder:
            notebook = _lay_out(root, week, Path(folder))
            for name in references:
                cost = _cost(run_notebook(nbformat.read(notebook, as_version=4), notebook.parent, name))
                keep_measured(week.folder, name, cost, path)
                say(week, name, cost)
            check = _check(root, week, notebook)
            keep_measured(week.folder, "check", check, path)
            say(week, "check", check)


def _lay_out(root: Path, week: Week, folder: Path) -> Path:
    """Writes the notebook with solutions and its parts into a folder, and returns the notebook's path."""
    for path, content in make(root, week).moved(root, folder).solutions.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "solutions" / week.folder / f"{week.notebook}.ipynb"


def _cost(run: NotebookRun) -> Cost:
    slowest = sorted(run.cells, key=lambda cell: cell.seconds, reverse=True)[:SLOWEST]
    return Cost(
        seconds=round(sum(cell.seconds for cell in run.cells if not cell.is_demonstration), 1),
        demonstrations=round(sum(cell.seconds for cell in run.cells if cell.is_demonstration), 1),
        megabytes=round(run.peak_bytes / 1e6),
        most_in=_label(run.peak_in),
        slowest=tuple(
            SlowCell(_label(each), round(each.seconds, 1), each.is_demonstration) for each in slowest
        ),
        machine=machine(),
    )


def _label(cell: CellTime) -> str:
    return f"cell {cell.number} ({cell.name})"


def _check(root: Path, week: Week, notebook: Path) -> CheckCost:
    command = [sys.executable, "-c", _CHECK, week.folder, str(notebook)]
    environment = os.environ | ONE_THREAD
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        wrong = process.stdout.read().strip()
        # The usage of the process and of all that it has waited for: the kernel is among them.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or wrong:
        raise CourseError(f"`course check` does not find week {week.number} right: {wrong or 'it failed'}.")
    unit = 1 if sys.platform == "darwin" else 1024
    return CheckCost(
        seconds=round(usage.ru_utime + usage.ru_stime, 1),
        megabytes=round(usage.ru_maxrss * unit / 1e6),
        machine=machine(),
    )
