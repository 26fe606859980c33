"""Every check of every week: right solutions pass, wrong ones fail and their mistakes are named."""

import pytest

from utils.checks.engine.cases import PUBLIC_SEED
from utils.weeks import find_week

from .same import identical
from .taught import (
    ANSWER_KEYS,
    HIDDEN_SEEDS,
    NOTEBOOKS,
    TAUGHT,
    fails,
    judge,
    lacks,
    mistaken,
    name_of,
    notebook_of,
    of_week,
    outcomes_of,
    programs,
    solution,
    variants,
)

every_check = pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)
every_week = pytest.mark.parametrize("week", TAUGHT, ids=lambda week: week.folder)
every_seed = pytest.mark.parametrize("seed", [PUBLIC_SEED, *HIDDEN_SEEDS])


@pytest.mark.parametrize("week", NOTEBOOKS, ids=lambda week: week.folder)
def test_every_notebook_is_proven_here(week):
    assert lacks(week) == []


@every_week
def test_every_check_of_the_notebook_has_an_answer_key_and_the_reverse(week):
    judged = {answer_key.check.name for answer_key in of_week(week)}
    assert judged == set(notebook_of(week.folder).submitted)


@every_check
@every_seed
def test_the_notebooks_own_solution_passes(answer_key, seed):
    report = answer_key.check.examine(solution(answer_key), judge(seed))
    assert report.passed, str(report)
    assert report.notes == ()


by_turns = pytest.mark.parametrize(
    ("answer_key", "seed"),
    [
        pytest.param(answer_key, seed, id=f"{seed}-{name_of(answer_key)}")
        for number, answer_key in enumerate(ANSWER_KEYS)
        for seed in (PUBLIC_SEED, HIDDEN_SEEDS[number % len(HIDDEN_SEEDS)])
    ],
)
"""The public seed and one of the hidden ones, which the checks take in turns."""


@by_turns
def test_right_solutions_in_other_styles_pass(answer_key, seed):
    said = [(variant, answer_key.check.examine(variant, judge(seed))) for variant in variants(answer_key)]
    assert said
    assert [(variant, str(report)) for variant, report in said if not report.passed] == []


@every_check
def test_every_mistake_fails_and_is_named(answer_key):
    said = mistaken(answer_key)
    assert list(said) == [mistake.name for mistake in answer_key.mistakes]
    assert [name for name, report in said.items() if report.passed] == []
    # What another processor's rounding decides recognises nothing: see `course build`.
    rounded = {each.name for each in answer_key.mistakes if "" in each.results}
    assert {name: report.mistake for name, report in said.items() if name not in rounded} == {
        name: name for name in said if name not in rounded
    }
    assert [name for name in rounded if said[name].mistake not in (None, name)] == []


@every_check
def test_every_mistake_gives_what_is_stored_of_it(answer_key):
    """Within rounding, since another processor adds in another order: the test above compares the numbers."""
    outcomes = outcomes_of(answer_key.check.week, answer_key.check.name).values()
    assert [each.device for each in outcomes] == [mistake.device for mistake in answer_key.mistakes]
    pairs = [
        (_digest(found), _digest(stored))
        for each, mistake in zip(outcomes, answer_key.mistakes, strict=True)
        for found, stored in zip(each.results, mistake.results, strict=True)
    ]
    assert [pair for pair in pairs if all(pair) and pair[0] != pair[1]] == []


def _digest(fingerprint: str) -> str:
    """Return the first part of a fingerprint, in which no number is."""
    return fingerprint.partition(" ")[0]


@every_check
@pytest.mark.parametrize("seed", HIDDEN_SEEDS)
def test_every_mistake_fails_on_hidden_cases(answer_key, seed):
    wrong = programs(answer_key.check.week, answer_key.check.name)
    assert [name for name, program in wrong.items() if not fails(answer_key, program, seed)] == []


@every_check
def test_a_right_solution_does_not_fail_there(answer_key):
    assert not fails(answer_key, solution(answer_key), HIDDEN_SEEDS[0])


@every_week
def test_hardly_any_mistake_rests_on_rounding(week):
    mistakes = [each for answer_key in of_week(week) for each in answer_key.mistakes]
    assert sum("" in each.results for each in mistakes) <= 0.05 * len(mistakes)


@every_check
def test_mistakes_have_names_of_their_own(answer_key):
    names = [mistake.name for mistake in answer_key.mistakes]
    assert len(names) == len(set(names))


@every_week
def test_a_week_knows_many_mistakes_and_many_right_ways(week):
    assert sum(len(answer_key.mistakes) for answer_key in of_week(week)) >= 20
    assert sum(len(variants(answer_key)) for answer_key in of_week(week)) >= 8


def test_the_week_that_others_copy_knows_more():
    answer_keys = of_week(find_week(5))
    assert sum(len(answer_key.mistakes) for answer_key in answer_keys) >= 25
    assert sum(len(variants(answer_key)) for answer_key in answer_keys) >= 10


@every_check
def test_expected_values_leave_the_cases_alone(answer_key):
    drawn = answer_key.check.draw_cases()
    answer_key.expectations(drawn)
    again = answer_key.check.draw_cases()
    assert identical([case.inputs for case in drawn], [case.inputs for case in again])
