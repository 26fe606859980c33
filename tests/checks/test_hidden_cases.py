"""Hidden cases: the report names the mistake, but no input, no expected value, no size and no label."""

import json
import re
import warnings
from dataclasses import replace
from functools import cache

import pytest
import torch

from utils.answers.judge import LocalCheckRun, find_answer_key
from utils.checks.engine.cases import PUBLIC_SEED
from utils.checks.engine.observation import Observation, StudentError, tensors
from utils.checks.engine.plain_data import NotPlain
from utils.errors import CheckMisuse

from .taught import ANSWER_KEYS, cases, expectations, judge, mistaken, name_of, solution
from .toy import DOUBLE, report_on, text_of

every_check = pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)


def said(report):
    """Return the whole report as a gradebook stores it."""
    return json.dumps(report.to_plain(), ensure_ascii=False) + str(report)


@cache
def secrets(week, check):
    """What stands in no hidden report: labels, shapes, and numbers as a comparison shows them; but what a
    mistake says of itself is no secret.
    """
    answer_key = find_answer_key(week, check)
    drawn = cases(answer_key)
    everything = list(tensors([[case.inputs for case in drawn], expectations(answer_key)]))
    numbers = {f"{number:.4g}" for each in everything for number in each.flatten()[:50].tolist()}
    shapes = {str(tuple(each.shape)) for each in everything if each.dim() > 1}
    long_numbers = {number for number in numbers if len(re.sub(r"\D", "", number)) > 3}
    known = " ".join(f"{mistake.explanation} {mistake.look_at}" for mistake in answer_key.mistakes)
    return {each for each in {case.label for case in drawn} | shapes | long_numbers if each not in known}


def found(answer_key, report):
    """Return the secrets that a report reveals."""
    text = said(report)
    return [secret for secret in secrets(answer_key.check.week, answer_key.check.name) if secret in text]


def boasts(x, *others):
    """Return a function that puts its inputs wherever a report might show them."""
    texts = [f"{tuple(each.shape)} {each.flatten()[:20].tolist()}" for each in tensors([x, *others])]
    warnings.warn(" ".join(texts), stacklevel=1)
    raise type("E".join(map(str, texts)), (ValueError,), {})(" ".join(texts))


def misuses(x, *others):
    raise CheckMisuse(f"{tuple(x.shape)} {x.flatten().tolist()}" if isinstance(x, torch.Tensor) else str(x))


@every_check
def test_no_mistake_is_told_with_a_secret(answer_key):
    mistakes = mistaken(answer_key, reveal=False).values()
    others = [lambda *_: None, lambda *given: given, boasts, misuses, solution(answer_key)]
    answers = [
        answer_key.check.examine(submission, judge(PUBLIC_SEED, reveal=False)) for submission in others
    ]
    assert [found(answer_key, report) for report in [*mistakes, *answers]] == [[]] * (
        len(mistakes) + len(answers)
    )


@every_check
def test_the_same_secrets_are_seen_when_nothing_is_hidden(answer_key):
    """Otherwise the search above might find nothing because it looks for the wrong things."""
    assert any(found(answer_key, report) for report in mistaken(answer_key).values())


@every_check
def test_mistakes_are_named_all_the_same(answer_key):
    shown, hidden = (mistaken(answer_key, reveal).values() for reveal in (True, False))
    assert [report.mistake for report in hidden] == [report.mistake for report in shown]
    assert [report.failed for report in hidden] == [report.failed for report in shown]


@every_check
def test_a_right_solution_passes_hidden_cases(answer_key):
    assert answer_key.check.examine(solution(answer_key), judge(PUBLIC_SEED, reveal=False)).passed


LEAK = "LEAK of 0.1234"
FORGED = {
    "error": Observation(error=StudentError(LEAK, LEAK, (LEAK,))),
    "misuse": Observation(error=StudentError("CheckMisuse", LEAK, misuse=True)),
    "names": Observation(output=torch.zeros(1), changed=(LEAK,), shared=(LEAK,), device=LEAK),
    "noise": Observation(noise=(LEAK,), ready_made=(LEAK, f"transformers.models.{LEAK}")),
    "kind": Observation(output=NotPlain(LEAK)),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_an_attempt_from_elsewhere_cannot_smuggle_a_text_into_the_report(forged):
    answer_key = replace(DOUBLE, check=replace(DOUBLE.check, changes_inputs="wrong", shares_memory="noted"))
    drawn = answer_key.check.draw_cases()
    check_run = LocalCheckRun(answer_key, drawn, answer_key.expectations(drawn), reveal=False)
    for _ in drawn:
        check_run.submit(forged)
    report = check_run.report()
    assert not report.passed
    assert "LEAK" not in said(report)


def test_a_ready_made_function_is_still_named():
    report = report_on(lambda x: x.softmax(0), forbidden=("torch.Tensor.softmax",), reveal=False)
    assert report.headline == "calls torch.Tensor.softmax"


def test_an_error_is_told_by_its_type_alone():
    def double(x):
        raise IndexError(f"{x.tolist()}")

    report = report_on(double, reveal=False)
    assert report.headline == "2 of 2 cases end in an error"
    assert [label for label, _ in report.lines] == ["error", "look at"]
    assert text_of(report, "error") == "IndexError"


def test_a_failure_of_hidden_cases_alone_says_where_to_look():
    report = report_on(lambda x: x + 3, reveal=False)
    assert text_of(report, "look at").startswith("other sizes and other values")
    assert len(report.lines) == 1


def test_an_unwritten_exercise_is_unwritten_there_too():
    def double(x):
        raise NotImplementedError

    assert report_on(double, reveal=False).mark == "○"
