"""What students have holds no program that passes a check: everything that can be imported is handed to all.

Expected values come from Hugging Face, torch and formulas, none of which is a submission by itself, and known
mistakes are fingerprints. The one thing that is given on purpose is parts.py beside a notebook: the official
parts of earlier weeks, which pass those weeks' checks, and none of this week's or a later one's.
"""

import contextlib
import os
import pickle
import resource
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from utils import reference
from utils.answers.answer_key import AnswerKey
from utils.answers.judge import LocalCheckRun, LocalJudge, answer_keys_of
from utils.checks.engine.observation import copied
from utils.weeks import WEEKS, Week

from .importable import Importable, given, importables

pytestmark = pytest.mark.slow
every_week = pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)

_SECONDS = 3.0
_MIN_IMPORTABLE = 1000
_MATRIX_PRODUCTS = {"week06_heads": {"head_outputs": ["parts.weighted_values"]}}
"""Parts that are a product of matrices, where the exercise is one too and leaves open how it is written."""


class _TooLong(BaseException):
    """A call takes longer than any right answer."""


@cache
def _everything() -> list[Importable]:
    """Return everything that can be imported, collected where it can do no harm."""
    with _harmless():
        return list(importables())


@every_week
def test_nothing_that_can_be_imported_passes_a_check(week, tmp_path):
    reference.choose("storyteller")
    found = _everything()
    assert len(found) > _MIN_IMPORTABLE
    assert _passing_by_check(week, found, tmp_path) == {}


@every_week
def test_nothing_that_a_week_is_given_passes_one_of_its_checks(week, tmp_path):
    """Later weeks are given these parts too, so that this tries them on the checks of all later weeks."""
    reference.choose("storyteller")
    assert _passing_by_check(week, _given(week), tmp_path) == _MATRIX_PRODUCTS.get(week.folder, {})


def test_where_a_matrix_product_is_given_torchs_own_passes_too(tmp_path):
    reference.choose("storyteller")
    product = [Importable("torch.matmul", torch.matmul)]
    for week, checks in _MATRIX_PRODUCTS.items():
        for check in checks:
            assert _passing(answer_keys_of(week)[check], product, tmp_path) == [0]


def test_a_part_is_given_from_the_week_after_its_own_on(tmp_path):
    reference.choose("storyteller")
    first, second = WEEKS[:2]
    found = _given(second)
    passing = _passing(answer_keys_of(first.folder)["softmax"], found, tmp_path)
    assert "parts.softmax" in [found[number].name for number in passing]


def test_a_program_that_passes_is_found(tmp_path):
    """The search sees what it looks for: a right answer among everything else."""
    answer_key = answer_keys_of("week01_vectors")["outer"]
    found = [Importable("wrong", min), Importable("right", lambda x, y: x[:, None] * y)]
    assert _passing(answer_key, found, tmp_path) == [1]


def _given(week: Week) -> list[Importable]:
    with _harmless():
        return list(given(week))


def _passing_by_check(week: Week, found: list[Importable], folder: Path) -> dict[str, list[str]]:
    """Return the names of what passes, by check; none where nothing passes."""
    return {
        name: names
        for name, answer_key in answer_keys_of(week.folder).items()
        if (names := [found[number].name for number in _passing(answer_key, found, folder)])
    }


def _passing(answer_key: AnswerKey, found: list[Importable], folder: Path) -> list[int]:
    """Return the numbers of those that pass. Forked children try them, since some end their process."""
    judged = LocalJudge().open(replace(answer_key, mistakes=()).check)
    cases = list(zip(judged.cases, judged.expectations, strict=True))
    passing, begin = [], 0
    while begin < len(found):
        tried, passed = _in_child(
            lambda tell, begin=begin: _try_all(answer_key, cases, found, begin, tell), folder
        )
        passing += passed
        begin = max(tried, default=len(found) - 1) + 1
    return passing


def _try_all(answer_key: AnswerKey, cases: Any, found: list[Importable], begin: int, tell: Callable) -> None:
    for number in range(begin, len(found)):
        tell(("tried", number))
        if _passes(answer_key, cases, found[number].value):
            tell(("passed", number))


def _passes(answer_key: AnswerKey, cases: Any, value: Any) -> bool:
    """Return True if the value passes every case; most fail the first call of the check with an error."""
    bare = replace(answer_key, mistakes=())
    try:
        with _limit():
            answer_key.check.run(value, **copied(cases[0][0].inputs))
        for case, expected in cases:
            with _limit():
                check_run = LocalCheckRun(bare, [case], [expected], reveal=True)
                check_run.submit(answer_key.check.observe(value, case.inputs))
                if not check_run.report().passed:
                    return False
    except BaseException:  # SystemExit and the like, from commands
        return False
    return True


@contextlib.contextmanager
def _limit() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise _TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _in_child(work: Callable[[Callable], None], folder: Path) -> tuple[list[int], list[int]]:
    """Run `work` in a forked child that can write no file; return what it tried and what passed."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(receiving)
            os.chdir(folder)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            with _harmless(), os.fdopen(sending, "wb", buffering=0) as stream:
                work(lambda message: stream.write(pickle.dumps(message)))
        finally:
            os._exit(0)
    os.close(sending)
    told: dict[str, list[int]] = {"tried": [], "passed": []}
    with os.fdopen(receiving, "rb") as stream, contextlib.suppress(EOFError, pickle.UnpicklingError):
        while True:
            kind, number = pickle.load(stream)
            told[kind].append(number)
    os.waitpid(child, 0)
    return told["tried"], told["passed"]


@contextlib.contextmanager
def _harmless() -> Iterator[None]:
    """Give commands among the candidates no keyboard and no screen."""
    kept = [os.dup(number) for number in range(3)]
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        for number in range(3):
            os.dup2(nowhere, number)
        yield
    finally:
        for number, copy in enumerate(kept):
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)
