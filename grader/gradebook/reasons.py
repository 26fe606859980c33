"""The reason for a check cell's points, read from a graded notebook."""

from typing import Any

from nbformat import NotebookNode

from utils.checks.engine.report import MIME, NOT_WRITTEN

MISSING = "its check cell is missing from the submission"


def reason(cell: NotebookNode | None) -> str:
    """Return the known mistake's name, or the headline of the check's report, or the Python error."""
    if cell is None:
        return MISSING
    reports = [each for each in map(_report, cell.outputs) if each]
    failed = [each for each in reports if not each.get("passed")]
    if failed:
        return _diagnosis(failed[0])
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if errors:
        return _error(errors[0])
    return str(reports[-1].get("headline", "")) if reports else ""


def mistake(cell: NotebookNode | None) -> str:
    """Return the known mistake that a check reported; empty if there is none."""
    reports = [] if cell is None else [each for each in map(_report, cell.get("outputs", ())) if each]
    return next((str(each["mistake"]) for each in reports if each.get("mistake")), "")


def _report(output: NotebookNode) -> dict[str, Any]:
    data = output.get("data", {}).get(MIME)
    return data if isinstance(data, dict) else {}


def _diagnosis(report: dict[str, Any]) -> str:
    if not report.get("written", True):
        return NOT_WRITTEN
    return str(report.get("mistake") or report.get("headline", ""))


def _error(error: NotebookNode) -> str:
    if error.ename == "NotImplementedError":
        return NOT_WRITTEN
    first = error.evalue.strip().split("\n")[0]
    return f"{error.ename}: {first}" if first else error.ename
