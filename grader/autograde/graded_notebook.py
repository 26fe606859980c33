"""Writes the graded notebook: each cell's outputs, and for each check the judge's report and the points."""

import re
from collections.abc import Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.autograde.merge_answers import NotebookStep
from grader.autograde.outputs import OutputBudget, sanitized_outputs
from grader.autograde.run import RunResult
from grader.autograde.sanitize import sanitized, with_plain_names
from grader.autograde.source import has_hidden_tests
from grader.autograde.source_limit import SourceLimit
from grader.autograde.task import CellGrade
from utils.checks.engine.report import Report

_HIDDEN = re.compile(
    r"^[^\n]*BEGIN (HIDDEN TESTS|MARK SCHEME)[^\n]*\n.*?^[^\n]*END \1[^\n]*\n?", re.MULTILINE | re.DOTALL
)


def graded_notebook(
    metadata: NotebookNode,
    steps: Sequence[NotebookStep],
    ran: RunResult,
    grades: Sequence[CellGrade],
    characters: int,
) -> dict[str, Any]:
    """Returns the graded notebook in nbformat 4.

    The points of a check are its execute_result, where nbgrader's `determine_grade` reads them.
    """
    by_cell = {grade.cell: grade for grade in grades}
    budget, page = OutputBudget(characters), SourceLimit()
    cells = []
    for place, step in enumerate(steps):
        cell = step.cell
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(each) for each in _outputs(place, step, ran, by_cell, budget)]
            cell.source = page.code(cell.source) if step.is_students else cell.source
        elif step.is_students:
            text, attachments = with_plain_names(page.words(cell.source), cell.get("attachments", {}))
            cell.source = sanitized(text, frozenset(attachments))
            if attachments:
                cell.attachments = attachments
            else:
                cell.pop("attachments", None)
        if step.is_check:
            cell.source = _HIDDEN.sub("", cell.source)
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _outputs(
    place: int, step: NotebookStep, ran: RunResult, grades: dict[str, CellGrade], budget: OutputBudget
) -> list[dict[str, Any]]:
    if step.is_check:
        grade = grades[step.name]
        return [*_report_outputs(place, step, ran, grade, budget), _points(grade)]
    if place in ran.stopped:
        return [_error(ran.stopped[place])]
    return ran.shown[place].outputs if place in ran.shown else []


def _report_outputs(
    place: int, step: NotebookStep, ran: RunResult, grade: CellGrade, budget: OutputBudget
) -> list[dict[str, Any]]:
    if grade.report is not None:
        data = Report.from_plain(grade.report)._repr_mimebundle_()
        return [{"output_type": "display_data", "data": data, "metadata": {}}]
    outputs = ran.shown[place].outputs if place in ran.shown else []
    if not outputs or has_hidden_tests(step.cell.source):
        return [] if grade.points else [_error(grade.reason)]
    cleaned = sanitized_outputs(outputs, budget, with_reports=True)
    # nbgrader gives 0 points for any error output; where points are given, an error is shown as text.
    return [_text(each) if grade.points and each["output_type"] == "error" else each for each in cleaned]


def _points(grade: CellGrade) -> dict[str, Any]:
    data = {"text/plain": f"{grade.points or 0:g}"}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}


def _error(reason: str) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": "CellStopped",
        "evalue": reason,
        "traceback": [f"CellStopped: {reason}"],
    }


def _text(error: dict[str, Any]) -> dict[str, Any]:
    return _plain("\n".join(error["traceback"]) or f"{error['ename']}: {error['evalue']}")


def _plain(text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}
