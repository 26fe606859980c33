"""Runs the checks' cases with real weights on the GPT-2 of a hub cache, with right solutions in all styles.

    HF_HUB_CACHE=FOLDER python -m tests.fake_gpt2.real_cases week06_heads

Prints one line of JSON for each check that has such cases: how many, with how many solutions, which were
rejected, and the `margin`: by how much the check's tolerance may be divided (1, 2, 4 or 8) with all
of them still right.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.checks.taught import ANSWER_KEYS, solution, variants
from utils import reference
from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance, difference
from utils.answers.judge import LocalCheckRun
from utils.checks.engine.cases import PUBLIC_SEED, Case

MARGINS = (8, 4, 2, 1)


@dataclass(frozen=True)
class Result:
    """What right solutions gave on the real-weight cases of one check."""

    check: str
    cases: int
    solutions: int
    rejected: list[str]
    """Reports, or the labels of cases outside the tolerance."""
    margin: int
    """The largest of `MARGINS` with which every solution passes; 0 if one is rejected."""


def results_of(week: str, seed: int) -> Iterator[Result]:
    """Yields a result for each check of a week, by its folder's name, that has cases with gpt2's weights."""
    reference.choose("gpt2")
    for answer_key in ANSWER_KEYS:
        if answer_key.check.week == week:
            cases = [case for case in answer_key.check.draw_cases(seed) if "gpt2" in case.label]
            if cases:
                yield _result(answer_key, cases)


def _result(answer_key: AnswerKey, cases: list[Case]) -> Result:
    submissions = [solution(answer_key), *variants(answer_key)]
    expectations = answer_key.expectations(cases)
    nameless, rejected, margin = replace(answer_key, mistakes=()), [], max(MARGINS)
    for submission in submissions:
        check_run = LocalCheckRun(nameless, cases, expectations, reveal=True)
        for case in cases:
            check_run.submit(answer_key.check.observe(submission, case.inputs))
        report = check_run.report()
        if not report.passed:
            rejected.append(str(report))
            continue
        outputs = [
            answer_key.normalised(seen.output, case.inputs)
            for seen, case in zip(check_run.observations, cases, strict=True)
        ]
        margin = min(margin, _margin(answer_key.tolerance, expectations, outputs))
    return Result(answer_key.check.name, len(cases), len(submissions), rejected, 0 if rejected else margin)


def _margin(tolerance: Tolerance, expectations: list[Any], outputs: list[Any]) -> int:
    for margin in MARGINS:
        smaller = replace(
            tolerance,
            relative=tolerance.relative / margin,
            absolute=tolerance.absolute / margin,
            of_largest=tolerance.of_largest / margin,
        )
        if not any(map(lambda one, other: difference(one, other, smaller), expectations, outputs)):
            return margin
    return 1


def main(week: str, seed: str = str(PUBLIC_SEED)) -> None:
    """Prints the results of a week."""
    for result in results_of(week, int(seed)):
        print(json.dumps(result.__dict__), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
