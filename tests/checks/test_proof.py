"""Every check of every week: what is right passes, what is wrong fails and is named."""

import pytest

from utils.checks.cases import PUBLIC_SEED
from utils.weeks import find_week

from .same import identical
from .taught import (
    HIDDEN_SEEDS,
    NOTEBOOKS,
    TAUGHT,
    VERDICTS,
    fails,
    judge,
    lacks,
    mistaken,
    name_of,
    notebook_of,
    of_week,
    solution,
    variants,
)

every_check = pytest.mark.parametrize("verdict", VERDICTS, ids=name_of)
every_week = pytest.mark.parametrize("week", TAUGHT, ids=lambda week: week.folder)
every_seed = pytest.mark.parametrize("seed", (PUBLIC_SEED, *HIDDEN_SEEDS))


@pytest.mark.parametrize("week", NOTEBOOKS, ids=lambda week: week.folder)
def test_every_notebook_is_proven_here(week):
    assert lacks(week) == []


@every_week
def test_every_check_of_the_notebook_has_a_verdict_and_the_reverse(week):
    judged = {verdict.check.name for verdict in of_week(week)}
    assert judged == set(notebook_of(week.folder).submitted)


@every_check
@every_seed
def test_the_notebooks_own_solution_passes(verdict, seed):
    report = verdict.check.examine(solution(verdict), judge(seed))
    assert report.passed, str(report)
    assert report.notes == ()


@every_check
@every_seed
def test_right_solutions_in_other_styles_pass(verdict, seed):
    said = [(variant, verdict.check.examine(variant, judge(seed))) for variant in variants(verdict)]
    assert said
    assert [(variant, str(report)) for variant, report in said if not report.passed] == []


@every_check
def test_every_mistake_fails_and_is_named(verdict):
    said = mistaken(verdict)
    assert [name for name, report in said.items() if report.passed] == []
    assert {name: report.mistake for name, report in said.items()} == {name: name for name in said}


@every_check
@pytest.mark.parametrize("seed", HIDDEN_SEEDS)
def test_every_mistake_fails_on_hidden_cases(verdict, seed):
    assert [each.name for each in verdict.mistakes if not fails(verdict, each.wrong, seed)] == []


@every_check
def test_a_right_solution_does_not_fail_there(verdict):
    assert not fails(verdict, solution(verdict), HIDDEN_SEEDS[0])


@every_check
def test_mistakes_have_names_of_their_own(verdict):
    names = [mistake.name for mistake in verdict.mistakes]
    assert len(names) == len(set(names))


@every_week
def test_a_week_knows_many_mistakes_and_many_right_ways(week):
    assert sum(len(verdict.mistakes) for verdict in of_week(week)) >= 20
    assert sum(len(variants(verdict)) for verdict in of_week(week)) >= 8


def test_the_week_that_others_copy_knows_more():
    verdicts = of_week(find_week(5))
    assert sum(len(verdict.mistakes) for verdict in verdicts) >= 25
    assert sum(len(variants(verdict)) for verdict in verdicts) >= 10


@every_check
def test_expected_values_leave_the_cases_alone(verdict):
    drawn = verdict.check.draw_cases()
    verdict.expectations(drawn)
    again = verdict.check.draw_cases()
    assert identical([case.inputs for case in drawn], [case.inputs for case in again])
