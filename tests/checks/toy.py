"""A check that is easy to get right and wrong in every way: twice a tensor."""

import linecache
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.tools.known_mistakes.prove import SeedCases, problem_on_device
from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.judge import LocalCheckRun
from utils.checks.engine.cases import Case, Draw
from utils.checks.engine.check import Check
from utils.checks.engine.report import Report


def _cases(draw: Draw) -> list[Case]:
    cases = []
    for _ in range(2):
        sizes = draw.sizes("batch", "seq")
        cases.append(Case(str(sizes), {"x": draw.normal(sizes.batch, sizes.seq)}))
    return cases


def _square(draw: Draw) -> list[Case]:
    return [Case("a square", {"x": draw.normal(5, 5)})]


_DOUBLE = AnswerKey(
    check=Check(
        name="double",
        week="week05_attention",
        question="What is twice x?",
        cases=_cases,
        run=eval("lambda double, x: double(x)"),  # from no file, or its frame would count as the student's
    ),
    expected=lambda x: x + x,
)


def knowing(answer_key: AnswerKey, *mistakes: tuple[Mistake, Any]) -> AnswerKey:
    """Return the answer key with these mistakes, recognised by what their programs give."""
    cases = SeedCases(answer_key)
    known = []
    for mistake, program in mistakes:
        observations = cases.observations(program)
        results = tuple(str(each or "") for each in cases.fingerprints(observations))
        device = problem_on_device(observations)
        known.append(replace(mistake, results=results, device=device))
    return replace(answer_key, mistakes=tuple(known), public_inputs=tuple(cases.inputs()))


SQUARED = (Mistake("squared", "x is squared", "what is twice 3, and what is 3 squared?"), lambda x: x * x)

DOUBLE = knowing(_DOUBLE, SQUARED)
"""Right: `lambda x: 2 * x`."""

DOUBLE_A_SQUARE = knowing(replace(_DOUBLE, check=replace(_DOUBLE.check, cases=_square)), SQUARED)
"""The same for a tensor whose two axes are equal."""


class OneAnswerKey:
    """A judge that has a single answer key."""

    def __init__(self, answer_key: AnswerKey, reveal: bool = True):
        self.answer_key = answer_key
        self.reveal = reveal

    def open(self, check: Check) -> LocalCheckRun:
        cases = check.draw_cases()
        return LocalCheckRun(self.answer_key, cases, self.answer_key.expectations(cases), self.reveal)


def report_on(
    submission: Any, answer_key: AnswerKey = DOUBLE, reveal: bool = True, **policies: Any
) -> Report:
    """Return the toy check's report; `policies` replace fields of the check."""
    answer_key = replace(answer_key, check=replace(answer_key.check, **policies))
    return answer_key.check.examine(submission, OneAnswerKey(answer_key, reveal))


def text_of(report: Report, label: str) -> str:
    """Return the report's line under a label."""
    return dict(report.lines)[label]


def written_by_student(code: str, folder: Path) -> dict[str, Any]:
    """Return the names that a student's cell defines; the cell has a file of its own, as in a kernel."""
    cell = folder / "cell.py"
    cell.write_text(code, encoding="utf-8")
    linecache.checkcache(str(cell))
    namespace: dict[str, Any] = {}
    exec(compile(code, str(cell), "exec"), namespace)
    return namespace
