"""Every check of every week, given outputs that no exercise asks for: a sentence each, and never a point."""

import functools
import math

import pytest
from checks.same import identical
from checks.taught import ANSWER_KEYS, name_of, solution
from torch import Tensor

from utils.answers.answer_key import AnswerKey
from utils.answers.judge import LocalJudge

from .odd_outputs import LARGE, SMALL, Work, as_received, judge_all, judges, odd_inside, received

QUICK = {"week01_vectors", "week05_attention"}
every_check = pytest.mark.parametrize(
    "answer_key",
    [pytest.param(each, marks=[] if each.check.week in QUICK else pytest.mark.slow) for each in ANSWER_KEYS],
    ids=name_of,
)
LARGEST = 256 * 2**20
"""Bytes that no tensor has which the judge makes: as much as a whole message may have."""
MOST_OPERATIONS = 300_000
"""Operations of torch's for one report: all mistakes on all cases take less, whatever is to be compared. Most
take `init_weights`, whose 28 mistakes fill models of eleven layers: 262,000.
"""
LONGEST = 20_000
"""Characters of a report."""


@functools.cache
def both() -> tuple[LocalJudge, LocalJudge]:
    return judges()


def right_answers(judge: LocalJudge, answer_key: AnswerKey) -> list:
    """What a right solution returns, case by case."""
    check_run = judge.open(answer_key.check)
    if answer_key.observe is None:
        return check_run.expectations
    mine = solution(answer_key)
    return [received(answer_key.check.observe(mine, case.inputs)).output for case in check_run.cases]


def looked_at(judge, answer_key, answers):
    """The report, and whether it was made within bounds."""
    judge.open(answer_key.check)  # what is right is computed before, and once
    with Work() as work:
        report = judge_all(judge, answer_key, answers)
    assert work.largest <= LARGEST
    assert work.operations <= MOST_OPERATIONS
    assert len(str(report)) <= LONGEST
    return report


@every_check
def test_an_odd_output_gets_a_sentence_and_no_point(answer_key):
    _try_each(answer_key, SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)
def test_a_large_output_gets_a_sentence_and_no_point(answer_key):
    _try_each(answer_key, LARGE)


def _try_each(answer_key, outputs):
    """Give every other output to the judge of public cases, the rest to that of hidden ones; they take turns
    with the checks, so that each output meets both judges many times.
    """
    first = ANSWER_KEYS.index(answer_key)
    for place, name in enumerate(outputs, first):
        judge = both()[place % 2]
        right = right_answers(judge, answer_key)
        answer = as_received(name)
        report = looked_at(judge, answer_key, [answer] * len(right))
        is_right = all(identical(answer.output, each) for each in right) and answer.error is None
        assert report.passed == is_right, name
        assert report.headline, name


@every_check
def test_something_odd_in_a_right_answer_is_wrong(answer_key):
    for turn, judge in enumerate(both()):  # which take turns with the places
        right = right_answers(judge, answer_key)
        for name, answers in list(odd_inside(right, name_of(answer_key)))[turn::2]:
            made = [as_received("None").__class__(output=answer) for answer in answers]
            report = looked_at(judge, answer_key, made)
            same = all(as_good(answer, each) for answer, each in zip(answers, right, strict=True))
            assert not report.passed or same, name


def as_good(one, other) -> bool:
    """Whether two answers are the same but for the kind of number: -0.0 for 0, a tensor of one for it."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(as_good(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(as_good, one, other))
    return identical(one, other) or (not isinstance(other, Tensor) and _is(one, other))


def _is(one, number) -> bool:
    """Whether one is this number, or a tensor that holds it and nothing else."""
    if isinstance(one, Tensor):
        one = one.item() if one.numel() == 1 else None
    if isinstance(one, bool) != isinstance(number, bool):
        return False
    if not (isinstance(one, int | float) and isinstance(number, int | float)):
        return False
    try:
        return math.isclose(one, number, rel_tol=1e-6)
    except OverflowError:  # a whole number beyond every float is near to no other number
        return one == number
