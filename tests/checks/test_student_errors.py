"""Errors in the student's code: the card shows their own lines and the question, and no other frames."""

import functools

import pytest
import torch
from torch import nn

from utils.answers.answer_key import Mistake
from utils.answers.diagnosis import describe_inputs
from utils.checks.engine.report import Report

from .toy import DOUBLE, SQUARED, knowing, report_on, text_of, written_by_student

FAILS = Mistake("fails", "it fails", "why?")

CELL = """\
def helper(x):
    shift = x.sum(dim=0)
    raise ValueError("the shift is too large")


def double(x):
    return helper(x) + x


def in_a_library(x):
    return torch.softmax(x.long(), dim=0)
"""


@pytest.fixture
def cell(tmp_path):
    """Return what a student's cell defines."""
    return written_by_student("import torch\n\n\n" + CELL, tmp_path)


def test_the_students_own_lines_are_quoted(cell):
    report = report_on(cell["double"])
    assert report.headline == "2 of 2 cases end in an error"
    assert text_of(report, "error") == "ValueError: the shift is too large"
    assert text_of(report, "where").splitlines() == [
        "line 10 in double: return helper(x) + x",
        'line 6 in helper: raise ValueError("the shift is too large")',
    ]


def test_what_was_asked_and_given_is_said(cell):
    case = DOUBLE.check.draw_cases()[0]
    report = report_on(cell["double"])
    assert text_of(report, "question") == "What is twice x?"
    assert text_of(report, "case") == case.label
    assert text_of(report, "inputs") == f"x {tuple(case.inputs['x'].shape)}"


def test_frames_of_libraries_are_left_out(cell):
    functional = functools.partial(nn.functional.layer_norm, normalized_shape=(1, 1, 1))
    where = text_of(report_on(functional), "where")
    assert where == "(raised before your own code began)"
    assert "line 14 in in_a_library" in text_of(report_on(cell["in_a_library"]), "where")


def test_tensors_in_lists_are_described_by_their_shapes():
    blocks = [{"gain": torch.zeros(4)}] * 5
    inputs = {"steps": [[torch.zeros(2, 3), torch.zeros(1)], []], "blocks": blocks, "ids": [1, 2]}
    assert describe_inputs(inputs) == (
        "steps [[(2, 3), (1,)], []] · blocks [{gain (4,)}, {gain (4,)}, {gain (4,)}, … 2 more] · ids [1, 2]"
    )


def test_an_unwritten_exercise_is_no_error():
    def double(x):
        raise NotImplementedError()

    report = report_on(double)
    assert (report.passed, report.written, report.mark) == (False, False, "○")
    assert report.headline == "not written yet"
    assert text_of(report, "question") == "What is twice x?"


def test_an_operation_that_torch_does_not_have_is_not_an_unwritten_exercise(cell):
    """torch raises NotImplementedError, too: `"softmax" not implemented for 'Long'`."""
    report = report_on(cell["in_a_library"])
    assert (report.written, report.mark) == (True, "✗")
    assert "not implemented for 'Long'" in text_of(report, "error")


def test_a_module_without_forward_is_not_an_unwritten_exercise():
    report = report_on(nn.Module())
    assert report.written
    assert 'missing the required "forward" function' in text_of(report, "error")


def raiser(error: BaseException):
    """Return a function that raises the error."""

    def double(x):
        raise error

    return double


class Speechless(Exception):
    """An error that fails to say what is wrong."""

    def __str__(self):
        raise ValueError("no words")


def test_an_error_without_words():
    report = report_on(raiser(Speechless()))
    assert text_of(report, "error") == "Speechless: (its message cannot be shown)"


@pytest.mark.parametrize("error", [SystemExit(1), GeneratorExit("stop"), StopIteration(3)], ids=repr)
def test_what_would_end_the_notebook_ends_the_case_only(error):
    report = report_on(raiser(error))
    assert text_of(report, "error").startswith(type(error).__name__)


def test_a_keyboard_interrupt_is_the_students_right():
    with pytest.raises(KeyboardInterrupt):
        report_on(raiser(KeyboardInterrupt()))


def test_after_a_keyboard_interrupt_everything_is_as_before(capfd):
    before = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        report_on(raiser(KeyboardInterrupt()))
    torch.nn.Linear(1, 1)(torch.zeros(1))  # no watch is left on modules
    print("seen", file=__import__("sys").stderr)
    assert capfd.readouterr().err == "seen\n"
    assert not torch.equal(before, torch.get_rng_state())  # by Linear alone


def test_endless_recursion():
    def double(x):
        return double(x)

    report = report_on(double)
    assert text_of(report, "error").startswith("RecursionError")
    assert len(text_of(report, "where").splitlines()) == 3


def test_a_long_message_is_cut():
    assert len(text_of(report_on(raiser(ValueError("long " * 10_000))), "error")) < 700


def test_a_message_that_utf8_cannot_hold_is_mended():
    report = report_on(raiser(ValueError("\ud800")))
    assert str(report).encode() and "ValueError: ?" in str(report)


def test_torchs_own_stack_is_left_out():
    report = report_on(lambda x: torch.empty([2**70]))
    assert "frame #" not in text_of(report, "error")
    assert "Overflow" in text_of(report, "error")


@pytest.mark.parametrize(
    "given", [None, torch.zeros(2), "double", 3, [1]], ids=["None", "Tensor", "str", "int", "list"]
)
def test_what_cannot_be_called_is_not_called(given):
    report = report_on(given)
    kind = "None" if given is None else f"a value of type {type(given).__name__}"
    assert report.headline == "cannot be checked"
    assert text_of(report, "next").endswith(f"it was given {kind}.")


def test_too_few_parameters():
    report = report_on(lambda: 2)
    assert "takes 0 positional arguments but 1 was given" in text_of(report, "error")
    assert text_of(report, "where") == "(raised before your own code began)"


def test_an_error_in_some_cases_only():
    first = DOUBLE.check.draw_cases()[0].inputs["x"]
    report = report_on(lambda x: 3 * x if torch.equal(x, first) else raiser(ValueError())(x))
    assert report.headline == "2 of 2 cases go wrong, 1 of them with an error"
    assert "differ" in text_of(report, "values")


def test_a_mistake_that_raises_is_named_by_its_error():
    answer_key = knowing(DOUBLE, SQUARED, (FAILS, lambda x: x.view(len(x) + 1, -1)))
    report: Report = report_on(lambda x: x.reshape(x.shape).view(len(x) + 1, -1), answer_key)
    assert report.mistake == "fails"
    assert (
        report_on(raiser(RuntimeError("shape '[3, -1]' is quite another matter")), answer_key).mistake is None
    )


def test_the_same_words_with_other_sizes_are_another_mistake():
    """`mat1 and mat2 shapes cannot be multiplied` fits every product of matrices that do not fit."""
    answer_key = knowing(DOUBLE, (FAILS, lambda x: x @ torch.ones(77, 2)))
    assert report_on(lambda x: x @ torch.ones(77, 2), answer_key).mistake == "fails"
    report = report_on(lambda x: x @ torch.ones(78, 2), answer_key)
    assert "shapes cannot be multiplied" in text_of(report, "error")
    assert report.mistake is None


def test_an_address_in_memory_makes_no_difference():
    answer_key = knowing(DOUBLE, (FAILS, lambda x: {}[object()]))
    assert report_on(lambda x: {}[object()], answer_key).mistake == "fails"
