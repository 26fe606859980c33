"""What week 10 promises besides its checks: gradients to the last digits, and what its prose claims holds."""

import math
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from grader.build.parts import write_parts
from grader.build.source import read_source, weeks_with_source
from grader.notebook.cells import is_kind, plain_python
from utils.checks.measure.named_parameters import module_with, names_of
from utils.reference import ModelConfig
from utils.weeks import find_week

REPOSITORY = Path(__file__).resolve().parents[2]
WEEK = find_week(10)
SETTINGS = settings(max_examples=25)
SEEDS = st.integers(0, 10**6)
SIZES = st.integers(1, 5)


def cells(kind: str) -> list[str]:
    """The source's code cells of a kind."""
    notebook = read_source(REPOSITORY, WEEK).notebook
    return [plain_python(cell) for cell in notebook.cells if is_kind(cell, kind)]


def run_notebook() -> dict:
    """The names that the solution notebook defines, without its demonstrations."""
    earlier = [read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY) if week.number < 10]
    parts = ModuleType("parts")
    exec(write_parts(WEEK, earlier), parts.__dict__)
    names = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "parts", parts)
        for code in (*cells("set-up"), *cells("work")):
            exec(code, names)
    return names


NOTEBOOK = run_notebook()


def look(begins: str) -> dict:
    """The names after the demonstration whose code begins like this."""
    (code,) = [code for code in cells("look") if code.strip().startswith(begins)]
    names = dict(NOTEBOOK)
    exec(code, names)
    return names


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# --- Backward passes ----------------------------------------------------------------------------------------


def softmax_case(seed, batch, seq, width, other):
    logits = numbers(seed, batch, seq, width)
    targets = torch.randint(width, (batch, seq), generator=torch.Generator().manual_seed(seed))

    def loss(at):
        return F.cross_entropy(at.flatten(0, 1), targets.flatten())

    return loss, [logits], [NOTEBOOK["softmax_cross_entropy_backward"](logits, targets)]


def linear_case(seed, batch, seq, width, other):
    x, W, b = numbers(seed, batch, seq, width), numbers(seed + 1, width, other), numbers(seed + 2, other)
    grad_out = numbers(seed + 3, batch, seq, other)
    mine = NOTEBOOK["linear_backward"](grad_out, x, W)
    return lambda x, W, b: ((x @ W + b) * grad_out).sum(), [x, W, b], mine


def gelu_case(seed, batch, seq, width, other):
    x, grad_out = 2 * numbers(seed, batch, seq, width), numbers(seed + 1, batch, seq, width)
    mine = NOTEBOOK["gelu_backward"](grad_out, x)
    return lambda at: (F.gelu(at, approximate="tanh") * grad_out).sum(), [x], [mine]


def layer_norm_case(seed, batch, seq, width, other):
    x, grad_out = numbers(seed, batch, seq, width + 2), numbers(seed + 1, batch, seq, width + 2)
    gain, bias = numbers(seed + 2, width + 2), numbers(seed + 3, width + 2)
    mine = NOTEBOOK["layer_norm_backward"](grad_out, x, gain, 0.01)

    def loss(x, gain, bias):
        return (F.layer_norm(x, gain.shape, gain, bias, 0.01) * grad_out).sum()

    return loss, [x, gain, bias], mine


def attention_case(seed, batch, seq, width, other):
    q, k, v, grad_z = (numbers(seed + i, batch, seq, width) for i in range(4))
    mine = NOTEBOOK["attention_backward"](grad_z, q, k, v)

    def loss(q, k, v):
        return (F.scaled_dot_product_attention(q, k, v, is_causal=True) * grad_z).sum()

    return loss, [q, k, v], mine


CASES = {
    "softmax": softmax_case,
    "linear": linear_case,
    "gelu": gelu_case,
    "layer_norm": layer_norm_case,
    "attention": attention_case,
}


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
@SETTINGS
@given(SEEDS, SIZES, SIZES, SIZES, SIZES)
def test_gradients_by_hand_are_autograds_to_ten_digits(make, seed, batch, seq, width, other):
    loss, inputs, mine = make(seed, batch, seq, width, other)
    leaves = [each.clone().requires_grad_() for each in inputs]
    theirs = torch.autograd.grad(loss(*leaves), leaves)
    for one, two in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_finite_differences_agree(make):
    loss, inputs, mine = make(7, 2, 3, 4, 5)
    for place, gradient in enumerate(mine):

        def of_one(at, place=place):
            return loss(*(at if i == place else each for i, each in enumerate(inputs)))

        assert NOTEBOOK["gradient_check"](of_one, inputs[place], gradient) < 1e-8
        assert NOTEBOOK["gradient_check"](of_one, inputs[place], 1.01 * gradient) > 1e-3


@SETTINGS
@given(SEEDS, SIZES, SIZES, st.integers(2, 6))
def test_the_loss_pushes_up_the_target_and_nothing_else(seed, batch, seq, width):
    _, (logits,), (gradient,) = softmax_case(seed, batch, seq, width, 1)
    assert gradient.sum(dim=-1).abs().max() < 1e-14  # float64 rounds each of up to 6 shares by 1e-16
    assert ((gradient < 0).sum(dim=-1) == 1).all()
    assert gradient.shape == logits.shape


# --- Optimisers ---------------------------------------------------------------------------------------------

SMALL = ModelConfig(12, 3, 4, 24, 2, 17, 8, 1e-5)


def fresh_model() -> nn.Module:
    model = NOTEBOOK["GPT2"](SMALL)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return model


def batch(number: int) -> torch.Tensor:
    return torch.randint(17, (3, 8), generator=torch.Generator().manual_seed(number))


def theirs_of(model: nn.Module) -> torch.optim.Optimizer:
    groups = NOTEBOOK["decay_groups"](model, 0.3)
    return torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.95), eps=1e-8)


def test_twenty_steps_of_a_gpt_are_torchs_with_decay_groups_clipping_and_schedule():
    """The same run twice: all by the week's own code, and all by torch's. In float64, since the gradients of
    b_K are 0 but for rounding, and AdamW makes steps of such gradients, too.
    """
    mine, theirs = fresh_model().double(), fresh_model().double()
    own = NOTEBOOK["AdamW"](NOTEBOOK["decay_groups"](mine, 0.3), lr=0.01, betas=(0.9, 0.95))
    ready = theirs_of(theirs)
    for step in range(20):
        own.lr = NOTEBOOK["lr_schedule"](step, 5, 20, 0.02, 0.002)
        for group in ready.param_groups:
            group["lr"] = own.lr
        tokens = batch(step)
        own.zero_grad()
        ready.zero_grad()
        NOTEBOOK["next_token_loss"](mine(tokens), tokens).backward()
        F.cross_entropy(theirs(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
        before = NOTEBOOK["clip_grad_norm"](mine.parameters(), 0.5)
        torch.testing.assert_close(before, nn.utils.clip_grad_norm_(theirs.parameters(), 0.5))
        own.step()
        ready.step()
        for one, other in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_a_saved_state_goes_on_bit_for_bit(tmp_path):
    def take_steps(model, optimizer, numbers):
        for number in numbers:
            optimizer.zero_grad()
            NOTEBOOK["next_token_loss"](model(batch(number)), batch(number)).backward()
            optimizer.step()

    def optimizer_of(model):
        return NOTEBOOK["AdamW"](NOTEBOOK["decay_groups"](model, 0.1), lr=0.01)

    whole, half = fresh_model(), fresh_model()
    take_steps(whole, optimizer_of(whole), range(8))
    first = optimizer_of(half)
    take_steps(half, first, range(3))
    torch.save({"model": half.state_dict(), "optimizer": first.state_dict()}, tmp_path / "run.pt")

    saved = torch.load(tmp_path / "run.pt", weights_only=True)
    other = fresh_model()
    other.load_state_dict(saved["model"])
    second = optimizer_of(other)
    second.load_state_dict(saved["optimizer"])
    take_steps(other, second, range(3, 8))
    assert all(map(torch.equal, whole.parameters(), other.parameters()))


def test_every_parameter_of_the_machine_is_in_one_group():
    model = fresh_model()
    decays, stays = NOTEBOOK["decay_groups"](model, 0.1)
    in_groups = [id(parameter) for group in (decays, stays) for parameter in group["params"]]
    assert sorted(in_groups) == sorted(map(id, model.parameters()))
    assert {name.split(".")[-1][0] for name in names_of(model, stays["params"])} <= {"b", "g"}


@SETTINGS
@given(st.integers(0, 30), st.integers(1, 60), st.floats(0.1, 1), st.floats(0, 0.09))
def test_the_schedule_keeps_the_table(warmup, rest, max_lr, min_lr):
    total = warmup + rest
    rates = [NOTEBOOK["lr_schedule"](step, warmup, total, max_lr, min_lr) for step in range(total + 5)]
    if warmup:
        assert rates[0] == pytest.approx(max_lr / warmup)
        assert rates[warmup - 1] == max(rates) == pytest.approx(max_lr)
        stairs = [after - before for before, after in pairwise(rates[:warmup])]
        assert stairs == pytest.approx([max_lr / warmup] * (warmup - 1))
    down = rates[max(warmup - 1, 0) : total]
    assert down == sorted(down, reverse=True)
    assert rates[total - 1 :] == pytest.approx([min_lr] * 6)


# --- What the prose claims ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walks():
    return look("def valley")["walks"]


def test_sgd_flies_off_the_map_above_a_rate_of_1(walks):
    slow, fast = (walks(lr, 0.9, 60)["SGD"][:, 1].abs() for lr in (0.97, 1.03))
    assert slow[-1] < slow[0]
    assert (fast[1:] > fast[:-1]).all()


def test_adams_first_steps_go_equally_far_in_both_directions(walks):
    places = walks(0.1, 0.9, 5)["Adam"]
    torch.testing.assert_close((places[1] - places[0]).abs(), torch.tensor([0.1, 0.1]), rtol=1e-4, atol=0)


def test_adam_is_the_slowest_at_a_small_rate_and_the_only_one_left_at_a_large_one(walks):
    valley = look("def valley")["valley"]
    small, large = ({name: valley(at[-1]) for name, at in walks(lr, 0.9, 30).items()} for lr in (0.02, 2.0))
    assert small["Adam"] > max(small["SGD"], small["with momentum"])
    assert large["Adam"] < 0.2 < 1e6 < min(large["SGD"], large["with momentum"])


def test_momentum_0_is_plain_descent(walks):
    found = walks(0.2, 0.0, 10)
    assert torch.equal(found["SGD"], found["with momentum"])


def test_the_smallest_language_model_learns_and_adamw_is_ahead(capsys):
    names = look("told = ")
    last = {name: sum(losses[-10:]) / 10 for name, losses in names["curves"].items()}
    first = math.log(len(names["used"]))
    best = -names["frequencies"].log().mean().item()
    assert all(losses[0] == pytest.approx(first, abs=1e-4) for losses in names["curves"].values())
    assert best < last["AdamW"] < last["momentum"] < last["SGD"] < first - 1


def test_the_judge_is_to_be_trusted_between_a_millionth_and_a_ten_thousandth():
    names = look("x = torch.linspace(-2, 2, 9")
    pairs = zip(names["steps"].tolist(), names["errors"], strict=True)
    assert all(error < 1e-8 for step, error in pairs if 1e-6 < step < 1e-4)
    assert names["errors"][0] > 1e-6 and names["errors"][-1] > 1e-2


def test_three_neurons_of_scalars_learn_xor(capsys):
    names = look("def number()")
    answers = [(names["answer"](a, b).value, wanted) for a, b, wanted in names["cases"]]
    assert all(value * wanted > 0.5 for value, wanted in answers)
    assert names["losses"][-1] < 0.1 * names["losses"][0]


def test_without_the_correction_adams_first_step_is_three_times_too_long():
    assert 0.1 / math.sqrt(0.001) == pytest.approx(3.16, abs=0.01)


# --- What the checks of modules look at ---------------------------------------------------------------------


def test_a_module_with_parameters_of_given_names():
    model = module_with({"blocks.0.W_in": [2, 3], "b": [4]}, {"twin.W": "blocks.0.W_in"})
    assert {name: tuple(each.shape) for name, each in model.named_parameters()} == {
        "blocks.0.W_in": (2, 3),
        "b": (4,),
    }
    assert model.twin.W is model.get_parameter("blocks.0.W_in")
    assert names_of(model, [model.twin.W, "b"]) == ["a str that is no parameter", "blocks.0.W_in"]
