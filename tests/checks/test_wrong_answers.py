"""Answers of the wrong kind: each has a message of its own."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from utils.answers.compare import EXACT, difference
from utils.answers.shown import shown_value
from utils.checks.engine.cases import Case
from utils.checks.engine.plain_data import MAX_DEPTH

from .toy import DOUBLE, DOUBLE_A_SQUARE, report_on, text_of

KINDS = {
    "nothing": (lambda x: None, "value", "None", "return"),
    "a list": (lambda x: (2 * x).tolist(), "type", "expected a tensor, got a list", "become one tensor"),
    "a numpy array": (lambda x: (2 * x).numpy(), "type", "got numpy.ndarray", "the value leave torch"),
    "a string": (lambda x: "2 * x", "type", "expected a tensor, got a str", "what stands behind `return`"),
    "a number": (lambda x: 2.0, "type", "expected a tensor, got a float", "cease to be a tensor"),
    "a pair": (lambda x: (2 * x, x), "type", "expected a tensor, got a tuple", "several values"),
    "a comma": (lambda x: (2 * x,), "type", "expected a tensor, got a tuple", "a comma behind a value"),
    "a dict": (lambda x: {"y": 2 * x}, "type", "expected a tensor, got a dict", "which of its values"),
    "a generator": (lambda x: (row for row in 2 * x), "type", "got generator", "`yield`"),
    "a map": (lambda x: map(float, x), "type", "got map", "only once"),
    "a range": (lambda x: range(3), "type", "got range", "only once"),
    "a set": (lambda x: {1, 2}, "type", "got set", "no order"),
    "bytes": (lambda x: b"2", "type", "got bytes", "bytes are not text"),
    "a method": (lambda x: x.sum, "type", "got builtin_function_or_method", "parentheses of a call"),
    "a function": (lambda x: with_row, "type", "got function", "parentheses of a call"),
    "a class": (lambda x: OneOfTheirs, "type", "got type", "is it called"),
    "a class of modules": (lambda x: nn.Linear, "type", "got type", "is it called"),
    "a Module": (lambda x: nn.Linear(1, 1), "type", "Linear", "not what it computes"),
    "a dtype": (lambda x: x.dtype, "type", "torch.dtype", "holds no numbers"),
    "an object": (lambda x: OneOfTheirs(), "type", "OneOfTheirs", "not what it computes"),
    "a dict by numbers": (
        lambda x: {0: 2 * x},
        "type",
        "a dict with keys that are not strings",
        "no strings",
    ),
    "no dense tensor": (lambda x: (2 * x).to_sparse(), "type", "without dense values", "not sparse"),
    "a nested tensor": (
        lambda x: torch.nested.as_nested_tensor(list(2 * x)),
        "type",
        "without dense",
        "nested",
    ),
    "another shape": (lambda x: 2 * x[:, :1], "shape", "expected (", "wrong size"),
    "an axis too few": (lambda x: (2 * x).sum(0), "shape", "expected (", "an axis is missing"),
    "an axis too many": (lambda x: (2 * x)[None], "shape", "expected (", "an axis too many"),
    "axes swapped": (lambda x: (2 * x).T, "shape", "expected (", "the right axes in another order"),
    "float64": (lambda x: (2 * x).double(), "dtype", "expected float32, got float64", "dtype change"),
    "float16": (lambda x: (2 * x).half(), "dtype", "expected float32, got float16", "dtype change"),
    "integers": (lambda x: (2 * x).long(), "dtype", "expected float32, got int64", "dtype change"),
    "booleans": (lambda x: x > 0, "dtype", "expected float32, got bool", "dtype change"),
    "complex numbers": (lambda x: 2j * x, "dtype", "expected float32, got complex64", "dtype change"),
    "a row of NaN": (
        lambda x: with_row(2 * x, torch.nan),
        "values",
        "NaN, not a number; first at [1, 0]",
        "0/0",
    ),
    "NaN throughout": (lambda x: 0 * x / 0, "values", "NaN, not a number; first at [0, 0]", "0/0"),
    "infinity": (lambda x: x / 0, "values", "differ; first at [0, 0]: expected", None),
    "the wrong values": (lambda x: 3 * x, "values", "differ; first at [0, 0]: expected", None),
    "another device": (lambda x: (2 * x).to("meta"), "device", "meta", "the inputs' device"),
}


def with_row(tensor, value):
    """The tensor with its second row filled."""
    return tensor.index_fill(0, torch.tensor([1]), value)


class OneOfTheirs:
    """An object that is not plain data."""


@pytest.mark.parametrize(("wrong", "label", "text", "advice"), KINDS.values(), ids=KINDS)
def test_the_message_names_what_came_back(wrong, label, text, advice):
    report = report_on(wrong)
    assert (report.passed, report.failed, report.headline) == (False, 2, "2 of 2 cases differ from GPT-2")
    assert text in text_of(report, label)
    if advice:
        assert advice in text_of(report, "look at")
    assert report.mistake is None


OTHER_KINDS = {
    "many for one": (2.0, torch.ones(3), "expected a number, got a tensor", "over which axes"),
    "a truth for a number": (2, True, "expected a number, got a bool", "True or False came back"),
    "text for a number": (2, "2", "expected a number, got a str", "text came back"),
    "a comma behind a number": (2.5, (2.5,), "expected a number, got a tuple", "a comma behind a value"),
    "a list for a number": (2.5, [2.5, 1.0], "expected a number, got a list", "counted or added"),
    "a number for a truth": (True, 1, "expected True or False, got a int", "what is it to be compared with"),
    "many truths": (True, torch.tensor([True, False]), "expected True or False", "all entries"),
    "a list for a string": ("ab", ["a", "b"], "expected a string, got a list", "parts joined"),
    "a string for a list": (["a", "b"], "ab", "expected a list of 2, got a str", "taken apart"),
    "a tensor for a list": ([1, 2], torch.tensor([1, 2]), "expected a list of 2", "become Python's"),
    "one of several": ([1, 2], 1, "expected a list of 2, got a int", "inside the loop"),
    "a comma behind a list": ([1, 2], ([1, 2],), "expected 2, got 1", "a comma behind a value"),
    "a tuple for a dict": ({"a": 1}, (1, 2), "expected a dict, got a tuple", "under which name"),
    "a name missing": ({"a": 1, "b": 2}, {"a": 1}, "b", "letter for letter"),
    "floats for ids": (torch.tensor([1]), torch.tensor([1.0]), "expected int64", "whole numbers"),
    "numbers for truths": (torch.tensor([True]), torch.tensor([1]), "expected bool", "True or False"),
    "NaN for a number": (2.0, float("nan"), "expected 2, got nan", "NaN comes from"),
    "an int beyond floats": (2.5, 10**400, "expected 2.5, got 1000", "compute by hand"),
}


@pytest.mark.parametrize(("right", "wrong", "text", "advice"), OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_the_advice_fits_what_is_asked_for(right, wrong, text, advice):
    report = report_on(lambda x: wrong, replace(DOUBLE, expected=lambda x: right, mistakes=()))
    assert not report.passed
    assert text in "\n".join(line for _, line in report.lines)
    assert advice in text_of(report, "look at")


def test_where_most_cases_are_right_the_card_asks_what_is_special_about_the_other():
    cases = [Case(f"{size} numbers", {"x": torch.ones(size)}) for size in (1, 2, 3)]
    report = report_on(
        lambda x: 2 * x + (len(x) > 2), replace(DOUBLE, check=replace(DOUBLE.check, cases=lambda draw: cases))
    )
    assert report.headline.startswith("1 of 3 cases differs from")
    assert text_of(report, "case") == "3 numbers"
    assert text_of(report, "look at").startswith("2 of 3 cases are right")


@pytest.mark.parametrize(
    ("names", "path"), [(("step 1", "keys"), "step 1: keys"), (("block", "keys"), "block.keys")]
)
def test_a_part_of_a_part_is_named_by_its_path(names, path):
    outer, inner = names
    expected, got = ({outer: {inner: [1, number]}} for number in (2, 3))
    found = difference(expected, got, EXACT)
    assert found and found.lines[0] == ("output", f"{path}[1]")


def test_the_first_difference_of_lists_of_two_lengths_is_shown():
    found = difference(["a", "b"], ["a", "c", "d"], EXACT)
    assert found and found.lines[-1] == ("first differs", "[1]: expected 'b', got 'c'")


@pytest.mark.parametrize(
    ("right", "other"),
    [
        (2.0, torch.tensor(2.0)),
        (2.0, torch.tensor([2.0])),
        (2, np.int64(2)),
        (True, torch.tensor(True)),
        ([1, 2], (1, 2)),
        (torch.ones(2), nn.Parameter(torch.ones(2))),
        ((1, 2), torch.Size([1, 2])),
    ],
    ids=str,
)
def test_what_is_as_good_passes(right, other):
    assert report_on(lambda x: other, replace(DOUBLE, expected=lambda x: right, mistakes=())).passed


def test_a_giant_answer_is_shown_from_its_beginning_only():
    answer = ["ab" * 10**6] * 10**4
    text = shown_value(answer)
    assert len(text) == 120
    assert text.startswith("['abab") and text.endswith("…")
    assert shown_value((1,)) == "(1,)"
    assert shown_value({"a": [1.23456789, torch.tensor(2)], "b": torch.zeros(9)}) == (
        "{'a': [1.23457, tensor(2)], 'b': a tensor of shape (9,)}"
    )


def test_values_are_shown_once_the_shape_is_right():
    report = report_on(lambda x: 2 * x + 1.0 * (x == x[1, 0]))
    assert text_of(report, "shape").endswith("as expected")
    assert "1 of" in text_of(report, "values")
    assert "first at [1, 0]" in text_of(report, "values")


def test_a_shape_that_would_broadcast_is_a_wrong_shape():
    """(5, 1) against (5, 5): a comparison that broadcasts sees no difference in a constant row."""
    constant_rows = DOUBLE_A_SQUARE.check.draw_cases()[0].inputs["x"][:, :1].expand(5, 5)
    assert torch.allclose(2 * constant_rows, 2 * constant_rows[:, :1])
    report = report_on(lambda x: 2 * x[:, :1], DOUBLE_A_SQUARE)
    assert text_of(report, "shape") == "expected (5, 5), got (5, 1)"


def test_swapped_axes_of_one_size_are_wrong_values():
    report = report_on(lambda x: 2 * x.T, DOUBLE_A_SQUARE)
    assert "20 of 25 differ; first at [0, 1]" in text_of(report, "values")


def test_the_known_mistake_is_named():
    report = report_on(lambda x: x**2)
    assert report.mistake == "squared"
    assert text_of(report, "mistake") == "x is squared"
    assert text_of(report, "look at") == "what is twice 3, and what is 3 squared?"


class Liar(Tensor):
    """A tensor that compares equal to everything, and reports the expected value as its own."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunctionSubclass():
            if getattr(function, "__name__", "") in {"__eq__", "isclose", "allclose", "equal", "all"}:
                return torch.tensor(True)
            return args[0].__dict__["truth"] if "truth" in args[0].__dict__ else function(*args)

    def __eq__(self, other):
        return True

    __hash__ = None


def lying_tensor(x):
    lie = (3 * x).as_subclass(Liar)
    lie.__dict__["truth"] = 2 * x
    return lie


class EqualToAll(float):
    """A number that is equal to every other."""

    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __hash__ = float.__hash__
    __rsub__ = __sub__


def overridden(x):
    wrong = 3 * x
    wrong.detach = lambda: 2 * x
    wrong.clone = wrong.cpu = wrong.detach
    return wrong


@pytest.mark.parametrize("lie", [lying_tensor, overridden])
def test_a_tensor_cannot_speak_for_itself(lie):
    report = report_on(lie)
    assert "differ; first at [0, 0]" in text_of(report, "values")


def test_a_number_cannot_speak_for_itself():
    sums = {"run": lambda total, x: total(x)}
    total = replace(DOUBLE, expected=lambda x: float(x.sum()), mistakes=())
    assert report_on(lambda x: float(x.sum()), total, **sums).passed
    assert report_on(lambda x: np.float32(x.sum()), total, **sums).passed
    assert not report_on(lambda x: EqualToAll(x.sum() + 1), total, **sums).passed


def nested(depth):
    value = 1.0
    for _ in range(depth):
        value = [value]
    return value


def wide(depth):
    value = 1.0
    for _ in range(depth):
        value = [value] * 100
    return value


def endless():
    value = []
    value.append(value)
    return value


class Unreadable(dict):
    """A dict that cannot be read."""

    def items(self):
        raise ValueError("not today")


TOO_MUCH = {
    "nested too deep": (lambda x: nested(MAX_DEPTH + 1), f"more than {MAX_DEPTH} deep"),
    "a list in itself": (lambda x: endless(), f"more than {MAX_DEPTH} deep"),
    "a hundred to the tenth": (lambda x: wide(10), "more than 1,000,000"),
    "a giant view": (lambda x: torch.zeros(1).expand(10**12), "(1000000000000,)"),
    "many views": (lambda x: [torch.zeros(1).expand(10**7)] * 9, "(10000000,)"),
    "forty axes": (lambda x: x.reshape(*x.shape, *(1,) * 40), "larger than any answer"),
}


@pytest.mark.parametrize(("wrong", "text"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_too_much_to_compare_is_said_to_be(wrong, text):
    report = report_on(wrong)
    assert (report.passed, report.headline) == (False, "cannot be checked")
    assert text in text_of(report, "next")


def test_what_cannot_be_read_is_the_students_error():
    report = report_on(lambda x: Unreadable(a=1))
    assert text_of(report, "error") == "ValueError: not today"
    assert text_of(report, "where").endswith('raise ValueError("not today")')
