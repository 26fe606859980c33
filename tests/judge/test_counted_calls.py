"""Answers by the number of the call: the place of a hidden case must not tell what is right for it."""

from itertools import count

import pytest

from grader.judge.bench import Bench
from utils.checks.attempt import Attempt
from utils.checks.engine import Check
from utils.checks.week04_mlp import each_position_alone
from utils.checks.week07_transformer import is_causal
from utils.verdicts.judge import LocalJudge


def by_number(check: Check) -> list:
    """What is right for the public cases, in their order, as every student can find out; again and again."""
    return LocalJudge().open(check).expectations


@pytest.mark.parametrize("check", [each_position_alone, is_causal], ids=lambda check: check.name)
def test_who_answers_by_the_number_of_the_call_is_found_out(check):
    hearing = Bench().session(seed=1).open(check.week, check.name)
    answers = by_number(check)
    for number in count():
        if hearing.next_case() is None:
            break
        hearing.submit(Attempt(output=answers[number % len(answers)]))
    report, hidden = hearing.report()
    assert (report.passed, hidden) == (False, "failed")
    assert report.headline.startswith("right for the notebook's own cases; of other cases, ")
