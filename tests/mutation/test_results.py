"""The tracked results of `course mutate`: of today's checks, complete, explained, and true in a sample."""

import random
from pathlib import Path

import pytest

from grader.build.source import weeks_with_source
from grader.command_line.mutate import MutationOptions
from grader.tools.mutation.digest import digest_of
from grader.tools.mutation.exercise import MutatedExercise, exercises_of, unrun_exercises_of
from grader.tools.mutation.mutants import mutants_of
from grader.tools.mutation.results import Result, explanations, read_results
from grader.tools.mutation.trial import Trials, one_thread
from utils import reference
from utils.weeks import Week

CHECKOUT = Path(__file__).resolve().parents[2]
WEEKS = [pytest.param(week, id=week.folder) for week in weeks_with_source(CHECKOUT)]
RESULTS = read_results()
SAMPLED = 8
"""Mutants of each week that are run again."""
SEEDS_OF_SAMPLE = 3


def results_of(week: Week) -> dict[str, Result]:
    return {key: result for key, result in RESULTS.items() if key.startswith(f"{week.folder}/")}


@pytest.mark.parametrize("week", WEEKS)
def test_every_exercise_has_a_result(week):
    assert set(results_of(week)) == {exercise.key for exercise in unrun_exercises_of(CHECKOUT, week)}


@pytest.mark.parametrize("week", WEEKS)
def test_no_mutant_passes_in_public_and_fails_hidden_cases(week):
    assert {key: result.hidden for key, result in results_of(week).items() if result.hidden} == {}


@pytest.mark.parametrize("week", WEEKS)
def test_the_survivors_are_those_that_have_a_reason(week):
    survived = {key.partition("/")[2]: set(result.survivors) for key, result in results_of(week).items()}
    explained = {name: set(reasons) for name, reasons in explanations(CHECKOUT, week).items()}
    assert explained == {name: mutants for name, mutants in survived.items() if mutants}


def exercises(week: Week) -> dict[str, MutatedExercise]:
    one_thread()
    reference.choose("storyteller")
    return {exercise.key: exercise for exercise in exercises_of(CHECKOUT, week)}


@pytest.mark.slow
@pytest.mark.parametrize("week", WEEKS)
def test_the_results_are_of_todays_checks(week):
    seeds = MutationOptions().seeds
    today = {key: digest_of(exercise, seeds) for key, exercise in exercises(week).items()}
    assert {key: result.digest for key, result in results_of(week).items()} == today, (
        f"run `course mutate {week.number}`: a solution, a check or an answer key has changed"
    )


@pytest.mark.slow
@pytest.mark.parametrize("week", WEEKS)
def test_a_sample_of_the_mutants_ends_as_the_results_say(week):
    """The sample is another one as soon as a result of the week is."""
    kept, found = results_of(week), exercises(week)
    mutants = [
        (key, cell, mutant)
        for key, exercise in sorted(found.items())
        for cell, source in enumerate(exercise.cells)
        for mutant in mutants_of(source)
    ]
    assert len(mutants) == sum(result.mutants for result in kept.values())
    sample = random.Random(repr(sorted(kept.items()))).sample(mutants, SAMPLED)
    trials = {key: Trials(found[key], SEEDS_OF_SAMPLE) for key in {key for key, _, _ in sample}}
    for key, cell, mutant in sample:
        expected = "survived" if mutant.change in kept[key].survivors else "killed"
        assert trials[key].outcome(cell, mutant.code) == expected, f"{key}: {mutant.change}"
