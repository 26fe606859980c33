"""Every check of every week, given outputs that no exercise asks for: a sentence each, and never a point."""

import functools
import math
from typing import Any

import pytest
from checks.same import identical
from checks.taught import ANSWER_KEYS, name_of, solution
from torch import Tensor

from utils.answers.answer_key import AnswerKey
from utils.answers.judge import LocalCheckRun, LocalJudge
from utils.checks.engine.cases import Case

from .odd_outputs import LARGE, SMALL, Work, as_received, judged, judges, odd_inside, received, some_cases

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


def right_answers(check_run: LocalCheckRun) -> list:
    """What a right solution returns, case by case."""
    answer_key = check_run.answer_key
    if answer_key.observe is None:
        return check_run.expectations
    return [_right_answer(answer_key, case) for case in check_run.cases]


_kept: dict[tuple[str, int], tuple[Case, Any]] = {}
"""The right answers of the last check that is looked at, by case; the cases are kept, so that none takes
another's number.
"""


def _right_answer(answer_key: AnswerKey, case: Case) -> Any:
    name = answer_key.check.name
    if any(each != name for each, _ in _kept):
        _kept.clear()
    key = name, id(case)
    if key not in _kept:
        made = answer_key.check.observe(solution(answer_key), case.inputs)
        _kept[key] = case, received(made).output
    return _kept[key][1]


def looked_at(check_run, answers):
    """The report, and whether it was made within bounds."""
    with Work() as work:
        report = judged(check_run, answers)
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
    """A third of them, which the checks take in turns; all are brought into the check's own form."""
    first = ANSWER_KEYS.index(answer_key)
    _try_each(answer_key, list(LARGE)[first % 3 :: 3])
    check_run = some_cases(both()[0], answer_key, 0, most=1)
    for name in LARGE:
        with Work() as work:
            answer_key.normalised(as_received(name).output, check_run.cases[0].inputs)
        assert work.largest <= LARGEST
        assert work.operations <= MOST_OPERATIONS


def _try_each(answer_key, outputs):
    """Give every other output to the judge of public cases, the rest to that of hidden ones, and each to four
    cases; judges and cases take turns with the checks, so that each output meets both many times.
    """
    first = ANSWER_KEYS.index(answer_key)
    for place, name in enumerate(outputs, first):
        check_run = some_cases(both()[place % 2], answer_key, place)
        right = right_answers(check_run)
        answer = as_received(name)
        report = looked_at(check_run, [answer] * len(right))
        if answer.error is None and all(identical(answer.output, each) for each in right):
            assert report.passed, name
        else:  # of four truths, all may be the same one
            assert not report.passed or all(as_good(answer.output, each) for each in right), name
        assert report.headline, name


@every_check
def test_something_odd_in_a_right_answer_is_wrong(answer_key):
    for turn, judge in enumerate(both()):  # which take turns with the places
        right = right_answers(some_cases(judge, answer_key, turn))
        for name, answers in list(odd_inside(right, name_of(answer_key)))[turn::2]:
            made = [as_received("None").__class__(output=answer) for answer in answers]
            report = looked_at(some_cases(judge, answer_key, turn), made)
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
