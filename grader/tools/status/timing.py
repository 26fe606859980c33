"""Measures the run time of the notebooks with solutions in a fresh kernel, without cells tagged `look`."""

import json
import os
import platform
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from grader.build.source import source_path
from grader.tools.status.counts import RUN_TIMES
from utils.errors import CourseError
from utils.weeks import Week


def time_weeks(root: Path, weeks: Iterable[Week], say: Callable[[Week, float], None]) -> None:
    """Runs the notebooks one after the other, and writes the seconds to RUN_TIMES.

    Args:
        root: the course folder.
        weeks: the weeks to measure.
        say: receives each week with its seconds.

    Raises:
        CourseError: a notebook has not been built, or one of its cells failed.
    """
    seconds = {}
    for week in weeks:
        seconds[week.folder] = round(_seconds(source_path(root, week).with_suffix(".ipynb")), 1)
        say(week, seconds[week.folder])
    content = {"machine": _machine(), "seconds": seconds}
    RUN_TIMES.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _seconds(path: Path) -> float:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    if not path.is_file():
        raise CourseError(f"{path} is not there yet: run `course build` first.")
    notebook = nbformat.read(path, as_version=4)
    began = time.perf_counter()
    try:
        # Cells tagged `look` may be slow: in week 11, one trains a model.
        NotebookClient(
            notebook,
            timeout=600,
            skip_cells_with_tag="look",
            resources={"metadata": {"path": str(path.parent)}},
        ).execute()
    except CellExecutionError as error:
        raise CourseError(f"{path.name} does not run to its end: {error.ename}: {error.evalue}") from None
    return time.perf_counter() - began


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
