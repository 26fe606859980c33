"""Conversion of a finished run to the rows of the table."""

import re
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from utils.checks.engine.report import MIME, NOT_WRITTEN
from utils.notebook.assembly import AssembledNotebook, Step, is_unwritten
from utils.self_check._plan import is_graded, label, points_of
from utils.self_check._run import CellsRun
from utils.self_check.result import CheckRow, Kind, Mark

_CELL_FILE = re.compile(r"\(\d+\.py, ")  # IPython's file name of a cell, which would tell the student nothing
_MISSING_NAME = re.compile(r"name '(\w+)' is not defined")
_PUT_PARTS = "put the week's parts.py beside the notebook"


def rows_of(assembled: AssembledNotebook, ran: CellsRun) -> tuple[CheckRow, ...]:
    """Return a row for every graded cell, in the notebook's order."""
    return tuple(_row(assembled, step, ran) for step in assembled.steps if is_graded(step))


def _row(assembled: AssembledNotebook, step: Step, ran: CellsRun) -> CheckRow:
    if not step.is_check:
        return _written_row(step)
    reports = _reports(ran.outputs.get(id(step), []))
    points, mark, reason = _outcome(assembled, step, ran)
    return CheckRow(
        exercise=step.name.removeprefix("check_"),
        kind=_kind(step),
        points=points,
        out_of=points_of(step) or 0,
        mark=mark,
        reason=reason,
        report="\n".join(text for text, _ in reports),
    )


def _kind(step: Step) -> Kind:
    return "stretch" if "stretch" in step.cell.metadata.get("tags", ()) else "core"


def _written_row(step: Step) -> CheckRow:
    return CheckRow(
        exercise=step.name,
        kind="written",
        points=0,
        out_of=points_of(step) or 0,
        mark="✎" if step.written else "○",
        reason="graded by a person" if step.written else NOT_WRITTEN,
    )


def _outcome(assembled: AssembledNotebook, step: Step, ran: CellsRun) -> tuple[float, Mark, str]:
    """Return the points, mark and reason of a check cell."""
    if id(step) in ran.stopped:
        return 0, "✗", f"the kernel died in this check {ran.stopped[id(step)]}"
    if id(step) not in ran.outputs:
        return 0, "✗", "not reached: the kernel died too often before it"
    outputs = ran.outputs[id(step)]
    try:
        points = _points(step, outputs)
    except (KeyError, ValueError) as error:  # an output that nbgrader cannot convert to points
        return 0, "✗", f"nbgrader cannot grade what the cell shows: {error}"
    reports = [data for _, data in _reports(outputs)]
    written = all(data.get("written", True) for data in reports)
    reason = _reason(assembled, step, reports, ran)
    if points == points_of(step):
        return points, "✓", reason
    return points, "✗" if written and reason != NOT_WRITTEN else "○", reason


def _points(step: Step, outputs: list[NotebookNode]) -> float:
    """Return nbgrader's points, without regard to stderr, as in grading."""
    kept = [output for output in outputs if output.get("name") != "stderr"]
    cell = NotebookNode({**step.cell, "outputs": kept})
    return determine_grade(cell)[0]


def _reports(outputs: list[NotebookNode]) -> list[tuple[str, dict[str, Any]]]:
    """Return the reports that the course's checks displayed: text and data."""
    shown = [output.data for output in outputs if output.output_type == "display_data"]
    return [
        (str(data.get("text/plain", "")), data[MIME]) for data in shown if isinstance(data.get(MIME), dict)
    ]


def _reason(assembled: AssembledNotebook, step: Step, reports: list[dict[str, Any]], ran: CellsRun) -> str:
    failed = [report for report in reports if not report.get("passed")]
    if failed:
        return _diagnosis(failed[0])
    error = ran.error_in(step)
    if error is not None:
        return _error_reason(assembled, error, ran)
    return _diagnosis(reports[-1]) if reports else "ran without an error"


def _diagnosis(report: dict[str, Any]) -> str:
    """Return one line: the headline, and the mistake if the check recognised one."""
    if not report.get("written", True):
        return NOT_WRITTEN
    headline = str(report.get("headline", ""))
    mistakes = [str(line[1]) for line in report.get("lines", []) if len(line) == 2 and line[0] == "mistake"]
    return f"{headline}: {mistakes[0]}" if mistakes else headline


def _error_reason(assembled: AssembledNotebook, error: NotebookNode, ran: CellsRun) -> str:
    if is_unwritten(error.ename, error.evalue, assembled.unwritten):
        return NOT_WRITTEN
    missing = _MISSING_NAME.search(error.evalue) if error.ename == "NameError" else None
    cause = _cause(assembled, missing[1], ran) if missing else None
    return cause or error_line(error)


def _cause(assembled: AssembledNotebook, name: str, ran: CellsRun) -> str | None:
    """Return the reason why `name` is missing: what went wrong in the cell that should have defined it."""
    defines = re.compile(rf"^(?:(?:async )?def|class) +{name}\b|^{name}\b.*=", re.MULTILINE)
    for step in assembled.steps:
        if step.is_check or not step.pieces:
            continue
        code = "\n".join(step.pieces)
        imports = step.role == "set-up" and re.search(rf"\b{name}\b", code)
        if not (step.name == name or defines.search(code) or imports):
            continue
        if id(step) in ran.stopped:
            return f"the kernel died in {label(step)} {ran.stopped[id(step)]}"
        if (error := ran.error_in(step)) is not None:
            if error.ename == "NotImplementedError":
                return NOT_WRITTEN
            return f"{label(step)} raised {error_line(error)}{'' if ran.has_parts else f': {_PUT_PARTS}'}"
    return None


def failed_cells(assembled: AssembledNotebook, ran: CellsRun) -> list[str]:
    """Return a sentence for each cell that raised and is neither a check nor an unwritten exercise."""
    return [
        f"{label(step)} raised {error_line(error)}"
        for step in assembled.steps
        if not step.is_check
        and (error := ran.error_in(step)) is not None
        and error.ename != "NotImplementedError"
    ]


def error_line(error: NotebookNode) -> str:
    """Return an error in one line, like the last line of a traceback."""
    first = next((line.strip() for line in error.evalue.splitlines() if line.strip()), "")
    return f"{error.ename}: {_CELL_FILE.sub('(', first)}".rstrip(": ")
