"""Side effects of a call: changed inputs, shared memory, random states, warnings, text."""

import random
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from .toy import DOUBLE, report_on, text_of


def in_place(x):
    return x.mul_(2)


ITSELF = replace(DOUBLE, expected=lambda x: x.clone())


def test_a_changed_input_is_noted():
    report = report_on(in_place)
    assert report.passed
    assert report.notes == ("changes its input x in place: the caller's tensor is different now",)


def test_a_changed_input_can_be_wrong():
    report = report_on(in_place, changes_inputs="wrong")
    assert (report.passed, report.failed) == (False, 0)
    assert report.headline == "right values, with a side effect"
    assert text_of(report, "mistake") == "changes its input x in place: the caller's tensor is different now"
    assert report.mistake == text_of(report, "mistake")


def test_a_changed_input_can_be_nobodys_business():
    assert report_on(in_place, changes_inputs="allowed").notes == ()


def test_every_case_has_inputs_of_its_own():
    cases = DOUBLE.check.draw_cases()
    observations = [DOUBLE.check.observe(in_place, cases[0].inputs) for _ in range(2)]
    assert torch.equal(*(observation.output for observation in observations))


@pytest.mark.parametrize(("policy", "passed"), [("allowed", True), ("noted", True), ("wrong", False)])
def test_shared_memory(policy, passed):
    """The result is a view of the input: a change to it changes the input."""
    report = report_on(lambda x: x[:], ITSELF, shares_memory=policy)
    text = "its result shares memory with x: a change of one changes the other"
    assert report.passed is passed
    assert report.notes == ((text,) if policy == "noted" else ())
    assert [line for label, line in report.lines] == ([] if passed else [text])


def test_a_copy_shares_nothing():
    assert report_on(lambda x: x.clone(), ITSELF, shares_memory="wrong").passed


MOVES = {
    "torch.manual_seed": lambda: torch.manual_seed(0),
    "torch.rand": lambda: torch.rand(1),
    "random.seed": lambda: random.seed(0),
    "random.random": random.random,
    "numpy.random.seed": lambda: np.random.seed(1),
    "numpy.random.rand": np.random.rand,
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_moved_random_state_is_noted_and_put_back(move):
    def double(x):
        move()
        return 2 * x

    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    report = report_on(double)
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    assert report.passed
    assert report.notes == (
        "moves the global random state: the next random numbers of the notebook are others",
    )
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def test_random_numbers_of_a_generator_of_ones_own_are_fine():
    assert report_on(lambda x: 2 * x + 0 * torch.rand(1, generator=torch.Generator())).notes == ()


def test_a_moved_random_state_can_be_wrong():
    assert not report_on(lambda x: 2 * x + 0 * torch.rand(1), random_state="wrong").passed


def test_random_answers_are_the_same_every_time():
    reports = {str(report_on(lambda x: 2 * x + torch.rand(1) + random.random())) for _ in range(3)}
    assert len(reports) == 1


def noisy(x):
    warnings.warn("half of this is deprecated\nand the rest is old", DeprecationWarning, stacklevel=1)
    warnings.warn("use x.mT (Triggered internally at aten/Shape.cpp:4314.)", UserWarning, stacklevel=1)
    print("on its way to stderr", file=sys.stderr)
    print("on its way to stdout")
    return 2 * x


def test_warnings_and_stderr_become_notes_and_prints_stay_prints(capfd):
    report = report_on(noisy, on_accelerator=True)
    out, err = capfd.readouterr()
    assert report.passed
    deprecated = "DeprecationWarning: half of this is deprecated"
    assert report.notes == (deprecated, "UserWarning: use x.mT", "on its way to stderr")
    assert err == ""
    assert out.splitlines() == ["on its way to stdout"] * report.cases


def test_a_flood_of_warnings_is_cut():
    def double(x):
        for number in range(1000):
            warnings.warn(f"{number} " + "x" * 10_000, stacklevel=1)
        return 2 * x

    notes = report_on(double).notes
    assert len(notes) == 3
    assert max(map(len, notes)) <= 600


def test_an_accelerator_is_tried_without_a_trace(capfd):
    """Asking whether code keeps to its inputs' device calls it once more; nobody is to notice."""
    torch.manual_seed(5)
    before = torch.get_rng_state()

    def double(x):
        if x.is_meta:
            torch.rand(1)
            print("again")
            warnings.warn("again", stacklevel=1)
            print("again", file=sys.stderr)
        return 2 * x

    report = report_on(double, on_accelerator=True)
    assert capfd.readouterr() == ("", "")
    assert report.passed
    assert torch.equal(before, torch.get_rng_state())


ON_THE_CPU = {
    "meets it": lambda x: x * torch.full((x.shape[1],), 2.0),
    "hides by it": lambda x: x + x.masked_fill(torch.zeros(x.shape[1]).bool(), 0.0),
    "is the result": lambda x: (
        torch.zeros(x.shape).index_add(0, torch.arange(len(x)), 2 * x.cpu())
        if not x.is_meta
        else torch.zeros(x.shape)
    ),
}


@pytest.mark.parametrize("wrong", ON_THE_CPU.values(), ids=ON_THE_CPU)
def test_a_tensor_left_on_the_cpu_is_noticed_without_an_accelerator(wrong):
    assert report_on(wrong).passed
    report = report_on(wrong, on_accelerator=True)
    assert (report.passed, report.headline) == (False, "right values, but not on every device")
    assert "GPU" in text_of(report, "device")


@pytest.mark.parametrize(
    "right",
    [
        lambda x: x * torch.full((x.shape[1],), 2.0, device=x.device),
        lambda x: x * torch.tensor(2.0),
        lambda x: x * 2 if x.sum() > 0 else x + x,
        lambda x: torch.tensor([[2 * number for number in row] for row in x.tolist()]),
        lambda x: torch.from_numpy(2 * x.numpy()),
    ],
    ids=["device named", "a number", "looks at numbers", "loops", "numpy"],
)
def test_code_that_keeps_to_the_device_or_needs_numbers_is_not_accused(right):
    report = report_on(right, on_accelerator=True)
    assert report.passed, str(report)


@pytest.fixture
def unusual_notebook():
    """A notebook that has set torch's globals in its own way, as one on a GPU or in float64 does."""
    torch.set_default_device("meta")
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    yield
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)


def test_torchs_global_settings_decide_nothing(unusual_notebook):
    report = report_on(lambda x: 2 * x + torch.zeros(x.shape))
    assert report.passed, str(report)
    assert torch.zeros(1).device.type == "meta"
    assert torch.zeros(1).dtype == torch.float64
    assert not torch.is_grad_enabled()


def test_a_changed_default_does_not_outlive_the_call():
    def double(x):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        return 2 * x

    assert report_on(double).passed
    after = torch.get_default_dtype(), torch.is_grad_enabled()
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    assert after == (torch.float32, True)


def test_a_changed_default_device_does_not_outlive_the_call():
    def double(x):
        torch.set_default_device("meta")
        return 2 * x

    report = report_on(double)
    after = torch.zeros(1).device.type
    torch.set_default_device(None)
    assert report.passed, str(report)
    assert after == "cpu"
