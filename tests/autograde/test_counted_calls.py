"""Answers by the number of the call: the place of a hidden case must not tell what is right for it."""

from itertools import count

import pytest

from grader.autograde.check_session import CheckSessions
from utils.answers.judge import LocalJudge
from utils.checks.engine.check import Check
from utils.checks.engine.observation import Observation
from utils.checks.week04_mlp import each_position_alone
from utils.checks.week07_transformer import is_causal


def by_number(check: Check) -> list:
    """What is right for the public cases, in their order, as every student can find out; again and again."""
    return LocalJudge().open(check).expectations


@pytest.mark.parametrize("check", [each_position_alone, is_causal], ids=lambda check: check.name)
def test_who_answers_by_the_number_of_the_call_is_found_out(check):
    check_run = CheckSessions().session(seed=1).open(check.week, check.name)
    answers = by_number(check)
    for number in count():
        if check_run.next_case() is None:
            break
        check_run.submit(Observation(output=answers[number % len(answers)]))
    report, hidden = check_run.report()
    assert (report.passed, hidden) == (False, "failed")
    assert report.headline.startswith("right for the notebook's own cases; of other cases, ")
