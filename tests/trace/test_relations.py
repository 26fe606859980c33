"""The relation of a value to a step."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from utils.checks.trace.card import in_words_for
from utils.checks.trace.factors import name_of_factor, sizes_of
from utils.checks.trace.relations import Relation, has_information, is_rich, relation
from utils.checks.trace.steps import CaseSteps, Step, StepValue, operation, read, step_value, written
from utils.checks.trace.values import Value, copy_of

GENERATOR = np.random.default_rng(5)
NUMBERS = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=5),
    elements=st.floats(-1e3, 1e3, allow_nan=False, width=32),
)


def of(mine: object, theirs: object, whole: int = 1000) -> Relation | None:
    """Return the relation of two values, the second as it is read back from a file."""
    value, step = copy_of(mine), copy_of(theirs)
    assert value is not None and step is not None
    return relation(value, StepValue.from_plain(step_value(step, whole).to_plain()))


def random(*shape: int) -> np.ndarray:
    return GENERATOR.normal(size=shape)


@given(NUMBERS)
@settings(max_examples=100, deadline=None)
def test_a_value_equals_itself_however_it_is_stored(array: np.ndarray) -> None:
    for whole in (1000, 0):
        found = of(array, array, whole)
        assert found is not None and found.kind == "equal"


@given(NUMBERS)
@settings(max_examples=100, deadline=None)
def test_float32_and_a_reshape_make_no_difference(array: np.ndarray) -> None:
    found = of(array.astype(np.float32).reshape(-1), array)
    assert found is not None and found.is_right


@given(
    st.integers(2, 4),
    st.integers(2, 5),
    st.integers(2, 5),
    st.floats(0.05, 20).filter(lambda f: abs(f - 1) > 0.01),
)
@settings(max_examples=60, deadline=None)
def test_a_factor_is_found(a: int, b: int, c: int, factor: float) -> None:
    array = np.random.default_rng(a + 7 * b + 49 * c).normal(size=(a, b, c))
    found = of(array * factor, array)
    assert found is not None and found.kind == "factor"
    assert found.factor == pytest.approx(factor, rel=1e-4)
    assert not found.is_right


@given(NUMBERS, NUMBERS)
@settings(max_examples=100, deadline=None)
def test_no_two_values_raise_an_error(one: np.ndarray, other: np.ndarray) -> None:
    for whole in (1000, 0):
        of(one, other, whole)


ARRAY = random(2, 3, 4)
INFINITE = np.where(np.triu(np.ones((4, 4)), 1) > 0, -np.inf, random(4, 4))


@pytest.mark.parametrize(
    ("mine", "theirs", "text"),
    [
        (ARRAY.transpose(0, 2, 1), ARRAY, "GPT-2's, with axes -2 and -1 swapped"),
        (ARRAY.transpose(1, 2, 0), ARRAY, "GPT-2's, with its axes in another order"),
        (-ARRAY, ARRAY, "GPT-2's with the opposite sign"),
        (ARRAY[:, ::-1], ARRAY, "GPT-2's, reversed along axis -2"),
        (np.roll(ARRAY, 1, 2), ARRAY, "GPT-2's, shifted by one along axis -1"),
        (ARRAY.sum(1), ARRAY, "GPT-2's, summed over axis -2"),
        (ARRAY.mean(0), ARRAY, "GPT-2's, averaged over axis -3"),
        (ARRAY[:, :, :-1], ARRAY, "GPT-2's, with one position less along axis -1 (last)"),
        (ARRAY, ARRAY[:, 1:], "GPT-2's, with one position more along axis -2 (first)"),
        (ARRAY + 0.5, ARRAY, "GPT-2's plus 0.5"),
        (
            np.where(np.isinf(INFINITE), 0.3, INFINITE),
            INFINITE,
            "as in GPT-2, except entries that are hidden in GPT-2",
        ),
        (
            np.concatenate([ARRAY[:, :-1], random(2, 1, 4)], 1),
            ARRAY,
            "as in GPT-2, except the last position along axis -2",
        ),
        (ARRAY > 0, ARRAY <= 0, "chooses the same entries as in GPT-2"),
        ([1, 2, 3, 4], [4, 3, 2, 1], "GPT-2's, the other way round"),
        (["a", "b", "c"], ["c", "a", "b"], "GPT-2's, in another order"),
        ("abcd", "abc", "GPT-2's, with one more at its end"),
        ([2, 3], [1, 2, 3], "GPT-2's, without its first entry"),
        ({"a": 1}, {"a": 1}, "as in GPT-2"),
        ((("a", "b"), 2), [["a", "b"], 2], "as in GPT-2"),
        (7, 5, "7; GPT-2's is 5"),
        (random(2, 3, 4), ARRAY, None),
        (random(7), ARRAY, None),
        ("abc", ARRAY, None),
        ({"a": 1}, {"b": 1}, None),
    ],
)
def test_the_text_of_a_relation(mine: object, theirs: object, text: str | None) -> None:
    found = of(mine, theirs)
    assert (found and found.text) == text
    if text:
        assert in_words_for(text, "GPT-2") == text
        other = in_words_for(text, "torch.triu")
        assert other != text and "GPT-2" not in other


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("as in GPT-2", "as expected"),
        ('not as "scores" in GPT-2', "not as expected"),
        ('as "scores" in GPT-2', "as expected at another step"),
        ("2 times GPT-2's: 2, that is seq", "2 times the expected value: 2, that is seq"),
        (
            "as in GPT-2, except entries that are hidden in GPT-2",
            "as expected, except entries that should be hidden",
        ),
    ],
)
def test_the_words_for_another_reference(text: str, other: str) -> None:
    assert in_words_for(text, "torch's layer_norm") == other


def test_a_constant_that_is_one_percent_off_is_not_equal() -> None:
    found = of(ARRAY * 1.01, ARRAY)
    assert found is not None and found.kind == "factor"


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        ((3 / 7) ** 0.5, "√3 / √7, that is √d_head / √d_model"),
        (1 / 3, "1 / 3, that is 1 / d_head"),
        (-(3**0.5), "-√3, that is -√d_head"),
        (0.5, "1 / 2"),
        (1.2345, ""),
    ],
)
def test_a_factor_is_named_by_the_sizes_at_hand(factor: float, text: str) -> None:
    sizes = sizes_of("train mode, batch 2 · seq 5 · d_model 7 · d_head 3")
    assert sizes == {"batch": 2, "seq": 5, "d_model": 7, "d_head": 3}
    assert name_of_factor(factor, sizes) == text


@pytest.mark.parametrize(
    ("value", "informs", "rich"),
    [
        (3, False, False),
        (torch.zeros(2), False, False),
        (torch.tensor([1.5, 2.5, 3.25]), True, True),
        (torch.ones(4, 4), True, False),
        (torch.arange(5), True, False),
        ("ab", False, False),
        (["newest", "widest"], True, True),
    ],
)
def test_what_a_value_says(value: object, informs: bool, rich: bool) -> None:
    copy = copy_of(value)
    assert copy is not None
    assert (has_information(copy), is_rich(copy)) == (informs, rich)


@pytest.mark.parametrize(
    "value",
    [
        None,
        object(),
        torch.zeros(0),
        torch.zeros(2, dtype=torch.complex64),
        torch.zeros(2, device="meta"),
        2**60j,
    ],
)
def test_other_values_are_not_recorded(value: object) -> None:
    assert copy_of(value) is None


def test_a_value_is_a_copy() -> None:
    tensor, items = torch.ones(3, dtype=torch.float64), [1, 2]
    copies = copy_of(tensor), copy_of(items)
    tensor += 1
    items.append(3)
    assert copies[0] is not None and copies[1] is not None
    assert copies[0].array is not None and copies[0].array.tolist() == [1, 1, 1]
    assert copies[1].text == "[1, 2]"


def test_steps_are_the_same_after_they_were_written() -> None:
    values = [copy_of(each) for each in (ARRAY, 3, {"a": (1, "b")}, INFINITE)]
    steps = Step("q", "attention", tuple(step_value(each, 8) for each in values if each), 9)
    case = CaseSteps((steps,), (read(written(operation(ARRAY))),))
    again = CaseSteps.from_plain(case.to_plain())
    assert again.to_plain() == case.to_plain()
    assert again.steps[0].count == 9 and isinstance(values[0], Value)
