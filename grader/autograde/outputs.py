"""Sanitizes outputs for the graded notebook: rebuilds them field by field from what a kernel reports."""

import json
from collections.abc import Iterator
from typing import Any

from grader.kernels.shell import KEPT, MAX_REPORT_CHARACTERS
from utils.checks.engine.report import MIME, Report
from utils.checks.engine.untrusted import readable

_MAX_OUTPUTS = 200
_OUTPUT_CHARACTERS = 100
"""Each output takes so many of the budget, besides its text."""


class OutputBudget:
    """The number of characters that all cells of a notebook may still show."""

    def __init__(self, characters: int):
        self.left = characters

    def take(self, text: Any) -> str:
        """Returns the text as far as it fits, without characters that UTF-8 cannot encode."""
        if not isinstance(text, str):
            return ""
        text = text[: max(self.left, 0)].encode(errors="replace").decode()
        self.left -= len(text)
        return text


def sanitized_outputs(
    outputs: list[Any], budget: OutputBudget, with_reports: bool = False
) -> list[dict[str, Any]]:
    """Returns the outputs in nbformat's form, without any that have none of its types.

    Args:
        outputs: those that a kernel reports of a cell.
        budget: of the whole notebook.
        with_reports: whether a check's report is kept: only in cells of an instructor's own checks, since a
            student's code can show a false one anywhere else.
    """
    kept = []
    for output in outputs[:_MAX_OUTPUTS]:
        if budget.left <= 0:
            break
        budget.left -= _OUTPUT_CHARACTERS
        report = report_in(output) if with_reports else None
        kept.append(_card(report) if report else _clean(output, budget))
    return [output for output in kept if output]


def reports_in(outputs: list[Any]) -> list[Report]:
    """Returns the reports of an instructor's own checks among the outputs."""
    return [report for report in map(report_in, outputs[:_MAX_OUTPUTS]) if report]


def report_in(output: Any) -> Report | None:
    """Returns the report that an output shows, or None; each field is converted to its type."""
    data = output.get("data") if isinstance(output, dict) else None
    text = data.get(MIME) if isinstance(data, dict) else None
    if not isinstance(text, str) or len(text) > MAX_REPORT_CHARACTERS:
        return None
    try:
        return _report(json.loads(text))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _report(data: dict[str, Any]) -> Report:
    mistake = data["mistake"]
    return Report(
        week=readable(str(data["week"])),
        check=readable(str(data["check"])),
        passed=data["passed"] is True,
        cases=int(data["cases"]),
        failed=int(data["failed"]),
        headline=readable(str(data["headline"])),
        lines=tuple((readable(str(label)), readable(str(text))) for label, text in data["lines"]),
        mistake=None if mistake is None else readable(str(mistake)),
        written=data["written"] is True,
        notes=tuple(readable(str(note)) for note in data["notes"]),
    )


def _card(report: Report) -> dict[str, Any]:
    return {"output_type": "display_data", "data": report._repr_mimebundle_(), "metadata": {}}


def _clean(output: Any, budget: OutputBudget) -> dict[str, Any] | None:
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream":
        # nbgrader takes any text on stderr as a failure; here it is not one.
        return {"output_type": "stream", "name": "stdout", "text": budget.take(output.get("text"))}
    if kind in ("display_data", "execute_result"):
        data = dict(_rich(output.get("data"), budget))
        return {"output_type": "display_data", "data": data, "metadata": {}} if data else None
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": "error",
            "ename": budget.take(output.get("ename"))[:200],
            "evalue": budget.take(output.get("evalue"))[:2000],
            "traceback": [budget.take(line) for line in lines[:100]] if isinstance(lines, list) else [],
        }
    return None


def _rich(data: Any, budget: OutputBudget) -> Iterator[tuple[str, str]]:
    for kind in KEPT:
        if isinstance(data, dict) and isinstance(data.get(kind), str):
            text = budget.take(data[kind])
            if text == data[kind] or kind == "text/plain":
                yield kind, text


def number_shown(outputs: list[Any]) -> float | None:
    """Returns the number that is a cell's value, which nbgrader takes as partial points; else None."""
    for output in outputs:
        if isinstance(output, dict) and output.get("output_type") == "execute_result":
            data = output.get("data")
            text = data.get("text/plain") if isinstance(data, dict) else None
            try:
                return float(text) if isinstance(text, str) and len(text) < 50 else None
            except ValueError:
                return None
    return None
