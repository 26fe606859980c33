"""A check that is easy to get right and wrong in every way: twice a tensor."""

import linecache
from dataclasses import replace
from pathlib import Path
from typing import Any

from utils.checks.cases import Case, Draw
from utils.checks.engine import Check
from utils.checks.report import Report
from utils.verdicts.judge import LocalHearing
from utils.verdicts.verdict import Mistake, Verdict


def _cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(2):
        sizes = draw.sizes("batch", "seq")
        cases.append(Case(str(sizes), {"x": draw.normal(sizes.batch, sizes.seq)}))
    return cases


def _square(draw: Draw) -> list[Case]:
    return [Case("a square", {"x": draw.normal(5, 5)})]


DOUBLE = Verdict(
    check=Check(
        name="double",
        week="week05_attention",
        question="What is twice x?",
        cases=_cases,
        run=eval("lambda double, x: double(x)"),  # from no file, or its frame would count as the student's
    ),
    expected=lambda x: x + x,
    mistakes=(
        Mistake("squared", "x is squared", "what is twice 3, and what is 3 squared?", lambda x: x * x),
    ),
)
"""Right: `lambda x: 2 * x`."""

DOUBLE_A_SQUARE = replace(DOUBLE, check=replace(DOUBLE.check, cases=_square))
"""The same for a tensor whose two axes are equal."""


class OneVerdict:
    """A judge who knows a single verdict."""

    def __init__(self, verdict: Verdict, reveal: bool = True):
        self.verdict = verdict
        self.reveal = reveal

    def open(self, check: Check) -> LocalHearing:
        cases = check.draw_cases()
        return LocalHearing(self.verdict, cases, self.verdict.expectations(cases), self.reveal)


def report_on(submission: Any, verdict: Verdict = DOUBLE, reveal: bool = True, **policies: Any) -> Report:
    """What the toy check says; `policies` replace fields of the check."""
    verdict = replace(verdict, check=replace(verdict.check, **policies))
    return verdict.check.examine(submission, OneVerdict(verdict, reveal))


def text_of(report: Report, label: str) -> str:
    """The report's line under a label."""
    return dict(report.lines)[label]


def written_by_student(code: str, folder: Path) -> dict[str, Any]:
    """The names that the code of a student's cell defines; the cell has a file of its own, as in a kernel."""
    cell = folder / "cell.py"
    cell.write_text(code, encoding="utf-8")
    linecache.checkcache(str(cell))
    namespace: dict[str, Any] = {}
    exec(compile(code, str(cell), "exec"), namespace)
    return namespace
