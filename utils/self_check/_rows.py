"""From a notebook that has run to the rows of the table."""

import re
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from utils.checks.report import MIME
from utils.self_check import _cells
from utils.self_check._kernel import Run
from utils.self_check.result import Mark, Row

_NOT_WRITTEN = "not written yet"
_CELL_FILE = re.compile(r"\(\d+\.py, ")  # the name that IPython gives a cell means nothing to its reader
_MISSING_NAME = re.compile(r"name '(\w+)' is not defined")


def rows_of(notebook: NotebookNode, run: Run) -> tuple[Row, ...]:
    """A row for every graded cell, in the notebook's order."""
    return tuple(_row(notebook, index, cell, run) for index, cell in _cells.graded_cells(notebook))


def _row(notebook: NotebookNode, index: int, cell: NotebookNode, run: Run) -> Row:
    if not _cells.is_check(cell):
        return _written_row(cell, _cells.is_answered(notebook, index))
    reports = _reports(cell)
    points, mark, reason = _outcome(notebook, index, reports, run)
    return Row(
        exercise=_cells.exercise_of(cell),
        kind=_cells.kind_of(cell),
        points=points,
        out_of=_out_of(cell),
        mark=mark,
        reason=reason,
        report="\n".join(text for text, _ in reports),
    )


def _written_row(cell: NotebookNode, answered: bool) -> Row:
    return Row(
        exercise=_cells.exercise_of(cell),
        kind="written",
        points=0,
        out_of=_out_of(cell),
        mark="✎" if answered else "○",
        reason="graded by a person" if answered else _NOT_WRITTEN,
    )


def _out_of(cell: NotebookNode) -> float:
    return float(cell.metadata.nbgrader["points"])


def _outcome(
    notebook: NotebookNode, index: int, reports: list[tuple[str, dict[str, Any]]], run: Run
) -> tuple[float, Mark, str]:
    """Points, mark and reason of a check cell."""
    cell = notebook.cells[index]
    if _cells.is_changed(cell):
        return 0, "✗", "this check cell was changed; the grader will use the original"
    if run.stopped_in == index:
        return 0, "✗", f"the kernel died in this check after {run.stop_seconds:.0f} s: {run.stop_reason}"
    if index not in run.reached:
        return 0, "✗", _why_not_reached(notebook, run)
    try:
        points, _ = determine_grade(cell)
    except (KeyError, ValueError) as error:  # a value that cannot be points
        return 0, "✗", f"nbgrader cannot grade what the cell shows: {error}"
    written = all(data.get("written", True) for _, data in reports)
    reason = _reason(notebook, cell, [data for _, data in reports])
    if points == _out_of(cell):
        return points, "✓", reason
    return points, "✗" if written and reason != _NOT_WRITTEN else "○", reason


def _why_not_reached(notebook: NotebookNode, run: Run) -> str:
    if run.stopped_in is None:
        return "this check cell is empty"
    return f"not reached: the kernel died in {_cells.label(notebook, run.stopped_in)}"


def _reports(cell: NotebookNode) -> list[tuple[str, dict[str, Any]]]:
    """The reports that the course's checks displayed: text and data."""
    shown = [output.data for output in cell.outputs if output.output_type == "display_data"]
    return [
        (str(data.get("text/plain", "")), data[MIME]) for data in shown if isinstance(data.get(MIME), dict)
    ]


def _reason(notebook: NotebookNode, cell: NotebookNode, reports: list[dict[str, Any]]) -> str:
    failed = [report for report in reports if not report.get("passed")]
    if failed:
        return _diagnosis(failed[0])
    error = _error(cell)
    if error is not None:
        return _error_reason(notebook, error)
    noise = next((output.text for output in cell.outputs if output.get("name") == "stderr"), "")
    if noise:
        return f"something was written to stderr, and nbgrader gives 0 for that: {_first_line(noise)}"
    return _diagnosis(reports[-1]) if reports else "ran without an error"


def _diagnosis(report: dict[str, Any]) -> str:
    """One line: the headline, and what the mistake is where the check knows it."""
    if not report.get("written", True):
        return _NOT_WRITTEN
    headline = str(report.get("headline", ""))
    mistakes = [str(line[1]) for line in report.get("lines", []) if len(line) == 2 and line[0] == "mistake"]
    return f"{headline}: {mistakes[0]}" if mistakes else headline


def _error(cell: NotebookNode) -> NotebookNode | None:
    return next((output for output in cell.outputs if output.output_type == "error"), None)


def _error_reason(notebook: NotebookNode, error: NotebookNode) -> str:
    if error.ename == "NotImplementedError":
        return _NOT_WRITTEN
    missing = _MISSING_NAME.search(error.evalue) if error.ename == "NameError" else None
    cause = _cause(notebook, missing[1]) if missing else None
    return cause or error_line(error)


def _cause(notebook: NotebookNode, name: str) -> str | None:
    """Why `name` is missing: what went wrong in the cell that should have defined it."""
    defines = re.compile(rf"^(?:(?:async )?def|class) +{name}\b|^{name}\b.*=", re.MULTILINE)
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or (error := _error(cell)) is None:
            continue
        if _cells.grade_id(cell) == name or defines.search(cell.source):
            written = error.ename != "NotImplementedError"
            return f"{_cells.label(notebook, index)} raised {error_line(error)}" if written else _NOT_WRITTEN
    return None


def failed_cells(notebook: NotebookNode, run: Run) -> list[str]:
    """A sentence for each cell that raised although it is neither a check nor an unwritten exercise."""
    return [
        f"{_cells.label(notebook, index)} raised {error_line(error)}"
        for index in sorted(run.reached)
        if (error := _error(notebook.cells[index])) is not None
        and not _cells.is_check(notebook.cells[index])
        and error.ename != "NotImplementedError"
    ]


def error_line(error: NotebookNode) -> str:
    """An error in one line, as Python's last line of a traceback says it."""
    message = _CELL_FILE.sub("(", _first_line(error.evalue))
    return f"{error.ename}: {message}".rstrip(": ")


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
