"""Gives each graded cell its points and the reason for them, from the run of the notebook."""

from collections.abc import Iterator, Sequence
from typing import Any

from grader.autograde.merge_answers import NotebookStep
from grader.autograde.outputs import number_shown, reports_in
from grader.autograde.run import RunResult
from grader.autograde.source import has_hidden_tests, is_graded, points_of
from grader.autograde.task import CellGrade
from utils.checks.engine.report import NOT_WRITTEN, Report
from utils.checks.engine.untrusted import readable
from utils.notebook.assembly import is_unwritten


def score_cells(
    steps: Sequence[NotebookStep], ran: RunResult, unwritten: frozenset[str] = frozenset()
) -> Iterator[CellGrade]:
    """Yields one entry for each graded cell, in order. `unwritten` names what no cell defines."""
    work_problem = ""  # why the exercise's work cell did not end; its checks fail for that reason
    for place, step in enumerate(steps):
        if step.role in ("set-up", "answer", "written"):
            work_problem = ran.stopped.get(place, "")
        if step.checks:
            yield _judged(step, place, ran, work_problem, unwritten)
        elif step.is_check:
            yield _by_asserts(step, place, ran, work_problem, unwritten)
        elif is_graded(step.cell):
            yield _by_a_person(step)


def _judged(
    step: NotebookStep, place: int, ran: RunResult, work_problem: str, unwritten: frozenset[str]
) -> CellGrade:
    served = ran.served.get(place)
    reports = served.reports if served else []
    failed = next((report for report in reports if not report.passed), None)
    if failed is None and len(reports) < len(step.checks):
        failed = _unfinished(step, place, ran, work_problem, unwritten)
    maximum = points_of(step.cell)
    report = failed or reports[-1]
    return CellGrade(
        cell=step.name,
        points=0.0 if failed else maximum,
        max_points=maximum,
        how="judge",
        reason=_reason(report),
        report=report.to_plain(),
        mistake=report.mistake,
        hidden=served.hidden if served else "not reached",
    )


def _reason(report: Report) -> str:
    if not report.passed and not report.written:
        return NOT_WRITTEN
    return report.mistake or report.headline


def _unfinished(
    step: NotebookStep, place: int, ran: RunResult, work_problem: str, unwritten: frozenset[str]
) -> Report:
    """Returns the report of a check that did not end."""
    served = ran.served.get(place)
    check = step.checks[len(served.reports) if served else 0]
    if work_problem:
        why, written = f"its work cell: {work_problem}", True
    elif place in ran.stopped:
        why, written = ran.stopped[place], True
    elif served and served.raised:
        why = f"{served.raised.type_name}: {served.raised.message}".rstrip(": ").split("\n")[0]
        written = not is_unwritten(served.raised.type_name, served.raised.message, unwritten)
    else:
        why, written = "its check did not report", True
    return Report(check.week, check.name, False, 0, 0, why, written=written)


def _by_asserts(
    step: NotebookStep, place: int, ran: RunResult, work_problem: str, unwritten: frozenset[str]
) -> CellGrade:
    """Grades as nbgrader does: an error costs all points, a number as the cell's value is the points."""
    maximum = points_of(step.cell)
    found = ran.shown.get(place)
    if found is None:
        why = f"its work cell: {work_problem}" if work_problem else ran.stopped.get(place, "it was not run")
        return CellGrade(step.name, 0.0, maximum, "asserts", why)
    if not found.success:
        return CellGrade(step.name, 0.0, maximum, "asserts", _error(step, found.outputs, unwritten))
    part = number_shown(found.outputs)
    points = maximum if part is None or not part >= 0 else min(part, maximum)
    return CellGrade(step.name, points, maximum, "asserts", "its asserts hold" if points else "no points")


def _error(step: NotebookStep, outputs: list[Any], unwritten: frozenset[str]) -> str:
    errors = [each for each in outputs if isinstance(each, dict) and each.get("output_type") == "error"]
    name = readable(str(errors[-1].get("ename", ""))) if errors else ""
    said = readable(str(errors[-1].get("evalue", ""))).strip().split("\n")[0] if errors else ""
    if is_unwritten(name, said, unwritten):
        return NOT_WRITTEN
    if has_hidden_tests(step.cell.source):
        return "one of its asserts fails"
    failed = [report for report in reports_in(outputs) if not report.passed]
    if failed:  # a check of the instructor's own that reports as the course's do
        return _reason(failed[0])
    return f"{name}: {said}"[:300] if said else name or "it ended with an error"


def _by_a_person(step: NotebookStep) -> CellGrade:
    maximum = points_of(step.cell)
    if step.written:
        return CellGrade(step.name, None, maximum, "person", "waits for a person's grade")
    return CellGrade(step.name, 0.0, maximum, "person", NOT_WRITTEN)
