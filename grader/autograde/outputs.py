"""What cells showed, as it may stand in a notebook: rebuilt field by field from what a kernel said."""

import json
from collections.abc import Iterator
from typing import Any

from grader.kernels.shell import KEPT, MAX_REPORT_CHARACTERS
from utils.checks.engine.report import MIME, Report
from utils.checks.engine.untrusted import readable

_MOST_OUTPUTS = 200
_EACH = 100
"""Characters that an output takes, however little it shows."""


class OutputBudget:
    """How many characters all cells of a notebook may still show."""

    def __init__(self, characters: int):
        self.left = characters

    def take(self, text: Any) -> str:
        """The text as far as it fits, without what UTF-8 cannot write."""
        if not isinstance(text, str):
            return ""
        text = text[: max(self.left, 0)].encode(errors="replace").decode()
        self.left -= len(text)
        return text


def sanitized_outputs(
    outputs: list[Any], budget: OutputBudget, with_reports: bool = False
) -> list[dict[str, Any]]:
    """The outputs in nbformat's form; what is none of its kinds is left out.

    Args:
        outputs: what a kernel says that a cell showed.
        budget: what the notebook may still show.
        with_reports: whether a check's report is kept: in cells of an instructor's own checks alone, since a
            tick elsewhere would mean nothing.
    """
    kept = []
    for output in outputs[:_MOST_OUTPUTS]:
        if budget.left <= 0:
            break
        budget.left -= _EACH
        report = report_in(output) if with_reports else None
        kept.append(_card(report) if report else _clean(output, budget))
    return [output for output in kept if output]


def reports_in(outputs: list[Any]) -> list[Report]:
    """The reports of an instructor's own checks among the outputs."""
    return [report for report in map(report_in, outputs[:_MOST_OUTPUTS]) if report]


def report_in(output: Any) -> Report | None:
    """The report that an output shows, if it is one; every part of it is read as what it should be."""
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
        # Nothing on stderr is a failure here, and nbgrader would take it for one.
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
    """The number that a cell shows as its value, nbgrader's way to give a part of the points; else None."""
    for output in outputs:
        if isinstance(output, dict) and output.get("output_type") == "execute_result":
            data = output.get("data")
            text = data.get("text/plain") if isinstance(data, dict) else None
            try:
                return float(text) if isinstance(text, str) and len(text) < 50 else None
            except ValueError:
                return None
    return None
