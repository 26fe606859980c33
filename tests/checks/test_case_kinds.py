"""Public and hidden cases are of the same kinds, so that no hidden case tries what a notebook never does."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from grader.autograde.check_session import _SEEDS
from utils.checks.engine.cases import PUBLIC_SEED, Case

from .kinds import pattern, unlike
from .taught import ANSWER_KEYS, name_of
from .toy import DOUBLE

QUICK, SLOW = range(1, 6), range(6, 26)
"""Seeds of hidden cases; none is the public one."""


def hidden_cases(check, seed):
    """Return the hidden cases of a seed, from the next one if none can be drawn from it, as a judge does."""
    for step in range(_SEEDS):
        try:
            return check.draw_cases(seed + step)
        except Exception as error:
            problem = error
    raise problem


def unlike_public(check, seeds):
    """Return what hidden cases of these seeds have and no public case has."""
    public = check.draw_cases()
    return {what for seed in seeds for what in unlike(public, hidden_cases(check, seed), check.name)}


@pytest.mark.parametrize(
    "seeds", [pytest.param(QUICK, id="5 seeds"), pytest.param(SLOW, id="20 more", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)
def test_every_hidden_case_is_of_a_kind_that_public_cases_have(answer_key, seeds):
    assert unlike_public(answer_key.check, seeds) == set()


def drawing(public, hidden):
    """Return a check that draws one case, with other inputs for other seeds than the public one."""
    inputs = {True: public, False: hidden}
    label = {True: "batch 3", False: "batch 7"}
    return replace(
        DOUBLE.check,
        cases=lambda draw: [Case(label[draw.seed == PUBLIC_SEED], inputs[draw.seed == PUBLIC_SEED])],
    )


PUBLIC = {
    "x": torch.ones(3, 2),
    "n_new": 4,
    "stop_token": 3,
    "tokens": torch.tensor([0, 2]),
    "how": {"seed": 1},
}
SAME_KIND = [
    {
        "x": torch.rand(7, 5),
        "n_new": 9,
        "stop_token": 1,
        "tokens": torch.tensor([3, 0, 1]),
        "how": {"seed": 5},
    },
]
OTHER_KINDS = {
    "a batch of 1": {"x": torch.ones(1, 2)},
    "another rank": {"x": torch.ones(2)},
    "another dtype": {"x": torch.ones(3, 2).double()},
    "a row of −inf": {"x": torch.full((3, 2), -torch.inf)},
    "no steps": {"n_new": 0},
    "one step": {"n_new": 1},
    "id 0": {"stop_token": 0},
    "none": {"stop_token": None},
    "id 0 alone": {"tokens": torch.tensor([0, 0])},
    "seed 0": {"how": {"seed": 0}},
    "an argument left out": {"how": {}},
    "an argument more": {"k": 3},
}


@pytest.mark.parametrize("inputs", SAME_KIND)
def test_other_sizes_and_numbers_are_of_the_same_kind(inputs):
    assert unlike_public(drawing(PUBLIC, inputs), QUICK) == set()


@pytest.mark.parametrize("inputs", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_a_kind_that_only_hidden_cases_have_is_found(inputs):
    assert unlike_public(drawing(PUBLIC, PUBLIC | inputs), QUICK)


def test_a_label_that_only_hidden_cases_have_is_found():
    public, hidden = Case("greedy, batch 3", PUBLIC), Case("with a seed, batch 3", PUBLIC)
    assert unlike([public], [hidden])


def test_labels_may_differ_in_what_is_drawn():
    assert pattern("'can not' by −1.5, seq 1,000") == pattern('"can\'t" by 2, seq 7')
    assert pattern("a b a · merge a and b", "merge_pair") == pattern("a c · merge c and a", "merge_pair")


def test_a_seed_from_which_nothing_can_be_drawn_is_skipped_as_a_judge_skips_it():
    def draw(seed):
        if seed < 4:
            raise ValueError(seed)
        return [seed]

    assert hidden_cases(SimpleNamespace(draw_cases=draw), 2) == [4]
