"""Fingerprints: equal values agree in spite of rounding, and values that differ do not."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils.answers.compare import EXACT, FLOAT32, same
from utils.answers.fingerprint import alternatives, of_error, of_value
from utils.checks.engine.plain_data import NotPlain
from utils.checks.engine.student_error import StudentError

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False, width=32) | st.sampled_from(
    [math.nan, math.inf, -math.inf, 0.0]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | NUMBERS | st.text(max_size=8)
TENSORS = st.lists(NUMBERS, max_size=12).map(torch.tensor)
VALUES = st.recursive(
    SCALARS | TENSORS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


def agree(one, other, tolerance=FLOAT32):
    """Return whether a value agrees with the stored fingerprint of another."""
    return of_value(one, tolerance).agrees_with(str(of_value(other, tolerance)))


@given(VALUES)
def test_a_value_agrees_with_itself(value):
    assert agree(value, value)
    assert agree(value, value, EXACT)


@given(st.integers(1, 4000), st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 1.0, 1e4]))
def test_rounding_as_the_tolerance_allows_makes_no_difference(count, seed, size):
    generator = torch.Generator().manual_seed(seed)
    value = size * torch.randn(count, generator=generator, dtype=torch.float64)
    signs = torch.rand(count, generator=generator, dtype=torch.float64) * 2 - 1
    other = value + signs * (FLOAT32.absolute + FLOAT32.relative * value.abs())
    assert same(value, other, FLOAT32)
    assert agree(other, value)


@given(st.integers(2, 2000), st.integers(0, 2**32 - 1))
def test_another_order_is_another_value(count, seed):
    value = torch.randn(count, generator=torch.Generator().manual_seed(seed))
    assert not agree(value.flip(0), value)


@given(VALUES, VALUES)
def test_values_that_agree_are_the_same_to_the_comparison(one, other):
    if agree(one, other, EXACT):
        assert same(one, other, FLOAT32)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (torch.zeros(2, 3), torch.zeros(3, 2)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.float64)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.long)),
        (torch.tensor([math.nan, 0.0]), torch.tensor([0.0, math.nan])),
        (torch.tensor([math.inf]), torch.tensor([-math.inf])),
        (torch.tensor([math.nan]), torch.tensor([math.inf])),
        (torch.arange(5), torch.arange(5).flip(0)),
        (torch.tensor([True, False]), torch.tensor([False, True])),
        ([1, 2], [2, 1]),
        (["a", "b"], ["ab"]),
        ({"q": 1}, {"k": 1}),
        ([[1], 2], [1, [2]]),
        (1, True),
        (0.0, None),
        ("1", 1),
        (torch.tensor([1 + 2j]), torch.tensor([2 + 1j])),
        (NotPlain("Model"), NotPlain("Head")),
    ],
)
def test_what_differs_has_another_fingerprint(one, other):
    assert not agree(one, other)
    assert not agree(other, one)


def test_the_order_of_a_dicts_names_makes_no_difference():
    assert agree({"q": 1.0, "k": 2.0}, {"k": 2.0, "q": 1.0})


def test_a_tuple_counts_as_a_list():
    assert agree((1, 2), [1, 2])


@pytest.mark.parametrize(
    ("one", "other"), [(torch.tensor(3.0), 3.0), (torch.tensor([4]), 4), (3.0, 3), (3, 3.0)]
)
def test_forms_that_the_comparison_takes_for_equal_are_tried(one, other):
    stored = str(of_value(other, FLOAT32))
    assert any(of_value(each, FLOAT32).agrees_with(stored) for each in alternatives(one))


@pytest.mark.parametrize(
    "odd",
    [
        torch.zeros(3, device="meta"),
        torch.eye(3).to_sparse(),
        torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8),
        torch.zeros(1).expand(2**25),
        torch.tensor([1e200, -1e200], dtype=torch.float64),
    ],
    ids=["meta", "sparse", "quantised", "too many", "too large"],
)
def test_an_unusual_tensor_has_none(odd):
    assert of_value([odd], FLOAT32) is None


def test_a_list_that_holds_itself_has_none():
    endless = []
    endless.append(endless)
    assert of_value(endless, FLOAT32) is None


def test_an_error_is_known_by_its_type_and_message():
    stored = str(of_error(StudentError("RuntimeError", "sizes 3 and 4 at 0x7f12")))
    assert of_error(StudentError("RuntimeError", "sizes 3 and 4 at 0x7fff", ("line 3",))).agrees_with(stored)
    assert not of_error(StudentError("RuntimeError", "sizes 3 and 5 at 0x7f12")).agrees_with(stored)
    assert not of_error(StudentError("ValueError", "sizes 3 and 4 at 0x7f12")).agrees_with(stored)


def test_the_weights_never_change():
    """Otherwise every tracked fingerprint would be of no use; NumPy promises it of RandomState."""
    assert np.allclose(of_value(torch.ones(4), FLOAT32).projections, (0.8233, -1.1204), atol=1e-4)


def test_zeros_are_far_from_everything_else():
    stored = str(of_value(torch.tensor([0.5, 1.0]), EXACT))
    assert of_value(torch.zeros(2), EXACT).distance_from(stored) == math.inf


def test_the_distance_is_a_share_of_what_rounding_explains():
    value = torch.randn(50, generator=torch.Generator().manual_seed(0))
    stored = str(of_value(value, FLOAT32))
    assert of_value(value, FLOAT32).distance_from(stored) == 0
    assert 0 < of_value(value * (1 + 1e-4), FLOAT32).distance_from(stored) < 1
    assert of_value(value * 1.01, FLOAT32).distance_from(stored) > 1
    assert of_value(value.double(), FLOAT32).distance_from(stored) == math.inf
