"""The cases: the same for a seed, others for another, and none that hides a swapped axis or a lost batch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.checks.engine.cases import PUBLIC_SEED, Draw
from utils.checks.engine.observation import tensors
from utils.checks.engine.plain_data import as_plain_data
from utils.reference import load

from .same import identical
from .taught import ANSWER_KEYS, HIDDEN_SEEDS, TAUGHT, cases, name_of, of_week

WITHOUT_WEIGHTS = {2}  # byte-pair encoding has none
FIXED = {"shape_table"}  # which asks for the same rows every time

every_check = pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)
drawing = pytest.mark.parametrize(
    "answer_key",
    [answer_key for answer_key in ANSWER_KEYS if answer_key.check.name not in FIXED],
    ids=name_of,
)


def inputs_of(drawn):
    return [case.inputs for case in drawn]


def sizes_of(drawn):
    return [[tuple(tensor.shape) for tensor in tensors(case.inputs)] for case in drawn]


@every_check
def test_the_same_seed_draws_the_same_cases(answer_key):
    one, again = cases(answer_key), answer_key.check.draw_cases(PUBLIC_SEED)
    assert [case.label for case in one] == [case.label for case in again]
    assert identical(inputs_of(one), inputs_of(again))


@drawing
def test_other_seeds_draw_other_cases_of_the_same_kind(answer_key):
    public = cases(answer_key)
    for seed in HIDDEN_SEEDS:
        hidden = cases(answer_key, seed)
        assert not identical(inputs_of(public), inputs_of(hidden))
        assert [set(inputs) for inputs in inputs_of(public)] == [set(inputs) for inputs in inputs_of(hidden)]


@pytest.mark.parametrize("week", TAUGHT, ids=lambda week: week.folder)
def test_other_seeds_draw_other_sizes(week):
    """In most checks, that is: to measure a share, say, takes as many numbers every time."""
    seeds = (PUBLIC_SEED, *HIDDEN_SEEDS)
    with_tensors = [answer_key for answer_key in of_week(week) if any(sizes_of(cases(answer_key)))]
    sizes = [{str(sizes_of(cases(answer_key, seed))) for seed in seeds} for answer_key in with_tensors]
    assert sum(len(seen) == 1 for seen in sizes) <= len(sizes) / 3


@every_check
def test_cases_are_plain_data(answer_key):
    for case in cases(answer_key):
        assert identical(as_plain_data(case.inputs), case.inputs)


@every_check
def test_labels_tell_the_cases_apart(answer_key):
    labels = [case.label for case in cases(answer_key)]
    assert len(labels) == len(set(labels))


@every_check
def test_there_is_more_than_one_entry_in_a_batch(answer_key):
    """A tensor of three axes begins with a batch axis, and size 1 would hide that it is ignored. Cases with
    sizes of 1 are additional.
    """
    batches = [
        min(tensor.shape[0] for tensor in tensors(inputs) if tensor.dim() > 2)
        for inputs in inputs_of(cases(answer_key))
        if any(tensor.dim() > 2 for tensor in tensors(inputs))
    ]
    assert sum(batch > 1 for batch in batches) >= min(2, len(batches) - 1)


@pytest.mark.parametrize("week", TAUGHT, ids=lambda week: week.folder)
def test_a_week_tries_real_weights(week):
    reference = load(quiet=True)
    labels = [case.label for answer_key in of_week(week) for case in cases(answer_key)]
    real = [label for label in labels if reference.name in label]
    assert real or week.number in WITHOUT_WEIGHTS


@given(st.integers(0, 2**63), st.integers(1, 6))
def test_sizes_of_one_case_are_pairwise_distinct(seed, axes):
    names = "abcdef"[:axes]
    sizes = Draw(seed).sizes(*names)
    assert list(sizes) == list(names)
    assert len(set(sizes.values())) == axes
    assert min(sizes.values()) >= 2


def test_sizes_are_a_label_and_have_names():
    sizes = Draw(1).sizes("batch", "seq", among=(4, 5))
    assert str(sizes) == f"batch {sizes.batch} · seq {sizes.seq}"
    with pytest.raises(AttributeError, match="heads"):
        _ = sizes.heads


def test_one_draw_does_not_disturb_another():
    alone, disturbed = Draw(7), Draw(7)
    Draw(7).normal(100)
    assert identical(alone.normal(3, 2), disturbed.normal(3, 2))
    assert identical(alone.integers(0, 9, 5), disturbed.integers(0, 9, 5))
    assert identical(alone.booleans(5), disturbed.booleans(5))
    assert alone.choose("abc") == disturbed.choose("abc")


def test_drawn_numbers_are_what_they_are_said_to_be():
    draw = Draw(11)
    assert draw.normal(4000, scale=3.0).std().item() == pytest.approx(3.0, rel=0.1)
    assert set(draw.integers(2, 5, 200).tolist()) == {2, 3, 4}
    assert draw.booleans(4000, share=0.2).float().mean().item() == pytest.approx(0.2, abs=0.03)
