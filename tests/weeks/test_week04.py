"""What week 4 promises besides its checks: the model's own modules, the prose's claims, no way round."""

import math
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import torch
from nearness import assert_near
from torch import nn
from torch.nn import functional as F

from utils.answers.week04_mlp import _mixes
from utils.checks import week04_mlp as checks
from utils.checks.engine.cases import Draw
from utils.checks.fakes.mixing_layers import mixing_layer
from utils.reference import CONFIGS, load
from utils.reference.inputs.mlp import mlp_weights, norm_names, norm_weights
from utils.reference.inputs.tokens import token_ids

COURSE = Path(__file__).resolve().parents[2] / "course"


@pytest.fixture(scope="module")
def parts():
    """What week 5 starts from."""
    spec = spec_from_file_location("week05_parts", COURSE / "week05_attention" / "parts.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reads() -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """What each LayerNorm and each MLP of the model is given for two prompts, and what it gives."""
    reference, seen = load(quiet=True), {}
    layers = [f"h.{layer}.mlp" for layer in range(reference.config.n_layers)]

    def note(name):
        return lambda module, inputs, output: seen.update({name: (inputs[0], output)})

    modules = {
        name: reference.model.get_submodule(f"transformer.{name}")
        for name in [*norm_names(reference), *layers]
    }
    hooks = [module.register_forward_hook(note(name)) for name, module in modules.items()]
    with torch.no_grad():
        reference.model(token_ids(reference))
    for hook in hooks:
        hook.remove()
    return seen


def filled(module: nn.Module, weights: dict[str, torch.Tensor]) -> nn.Module:
    with torch.no_grad():
        for name, value in weights.items():
            getattr(module, name).copy_(value)
    return module


# --- The model's own modules --------------------------------------------------------------------------------


def test_the_parts_are_every_layer_norm_of_the_model(parts, reads) -> None:
    reference = load(quiet=True)
    for name in norm_names(reference):
        own = parts.LayerNorm(reference.config.d_model, reference.config.layer_norm_eps)
        given, expected = reads[name]
        assert_near(filled(own, norm_weights(reference, name))(given), expected)


def test_the_parts_are_every_mlp_of_the_model(parts, reads) -> None:
    reference = load(quiet=True)
    for layer in range(reference.config.n_layers):
        own = filled(
            parts.MLP(reference.config.d_model, reference.config.d_mlp), mlp_weights(reference, layer)
        )
        given, expected = reads[f"h.{layer}.mlp"]
        assert_near(own(given), expected)


@pytest.mark.parametrize("kind", [*_mixes.ALONE, *_mixes.MIXED])
def test_a_layer_that_a_student_probes_is_what_its_name_says(kind) -> None:
    x, W = torch.randn(2, 6, 5), torch.randn(5, 5)
    layer = mixing_layer(_mixes.mixing_of(Draw(3), kind, seq=6), W)
    alone = torch.cat([layer(piece) for piece in x.split(1, dim=1)], dim=1)
    assert torch.allclose(alone, layer(x), atol=1e-4) == (kind in _mixes.ALONE)


def test_the_layers_that_a_student_probes_are_other_ones_for_another_seed() -> None:
    for kind in _mixes.MIXED:
        one, other = (_mixes.mixing_of(Draw(seed), kind, seq=6) for seed in (1, 2))
        assert any(not torch.equal(one[name], other[name]) for name in one), kind


# --- What the prose says ------------------------------------------------------------------------------------


def test_the_two_forms_of_gelu_differ_in_the_fourth_decimal() -> None:
    x = torch.linspace(-10, 10, 20_001, dtype=torch.float64)
    assert 4e-4 < (F.gelu(x, approximate="tanh") - F.gelu(x)).abs().max() < 5e-4


def test_the_mlps_hold_two_thirds_of_the_numbers_in_gpt2s_blocks() -> None:
    small = CONFIGS["gpt2"]
    mlp = 2 * small.d_model * small.d_mlp + small.d_mlp + small.d_model
    attention = 4 * small.d_model * (small.d_model + 1)
    assert mlp / (mlp + attention + 4 * small.d_model) == pytest.approx(2 / 3, abs=0.005)


def test_gpt2_small_has_25_layer_norms() -> None:
    assert 2 * CONFIGS["gpt2"].n_layers + 1 == 25


def test_an_even_guess_costs_10_8_nats() -> None:
    assert math.log(50_257) == pytest.approx(10.8, abs=0.05)


def test_the_variance_of_a_sample_makes_768_numbers_too_small_by_less_than_a_thousandth() -> None:
    """The last question of the quiz."""
    x = torch.randn(768, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ratio = x.var(correction=0).sqrt() / x.var().sqrt()
    assert 1 - 1e-3 < ratio < 1 - 1e-4


def test_squares_near_2048_lose_what_the_variance_needs() -> None:
    x = torch.randint(2040, 2057, (50, 8), generator=torch.Generator().manual_seed(0)).float()
    by_subtraction = x.square().mean(-1) - x.mean(-1).square()
    assert not torch.allclose(by_subtraction, x.var(-1, correction=0), rtol=1e-3)


# --- No way round -------------------------------------------------------------------------------------------


def said_of(check, submission):
    report = check.examine(submission)
    assert not report.passed
    return str(report)


NORMS = {
    "functional": lambda x, eps: F.layer_norm(x, x.shape[-1:], eps=eps),
    "torch": lambda x, eps: torch.layer_norm(x, x.shape[-1:], eps=eps),
    "native": lambda x, eps: torch.native_layer_norm(x, x.shape[-1:], None, None, eps)[0],
    "module": lambda x, eps: nn.LayerNorm(x.shape[-1], eps=eps)(x),
    "group": lambda x, eps: F.group_norm(x.reshape(-1, x.shape[-1]), 1, eps=eps).reshape(x.shape),
    "instance": lambda x, eps: F.instance_norm(x.reshape(1, -1, x.shape[-1]), eps=eps).reshape(x.shape),
    "rms": lambda x, eps: F.rms_norm(x - x.mean(-1, keepdim=True), x.shape[-1:], eps=eps),
    "rms module": lambda x, eps: nn.RMSNorm(x.shape[-1], eps=eps)(x - x.mean(-1, keepdim=True)),
}


@pytest.mark.parametrize("ready_made", NORMS.values(), ids=NORMS)
def test_no_ready_made_norm_does_the_exercise(ready_made) -> None:
    assert "this exercise asks you to write what torch." in said_of(checks.standardise, ready_made)


DROPOUTS = {
    "functional": lambda x, p, training: F.dropout(x, p, training),
    "torch": lambda x, p, training: torch.dropout(x, p, training),
    "native": lambda x, p, training: torch.native_dropout(x, p, training)[0],
    "module": lambda x, p, training: nn.Dropout(p).train(training)(x),
}


@pytest.mark.parametrize("ready_made", DROPOUTS.values(), ids=DROPOUTS)
def test_no_ready_made_dropout_does_the_exercise(ready_made) -> None:
    assert "this exercise asks you to write what torch." in said_of(checks.dropout, ready_made)


def test_hfs_activation_does_not_do_the_exercise() -> None:
    def gelu(x):
        from transformers.activations import NewGELUActivation

        return NewGELUActivation()(x)

    assert "this exercise asks you to write what transformers.activations." in said_of(checks.gelu, gelu)


def test_the_stream_may_not_change_because_somebody_reads_it() -> None:
    def standardise(x, eps):
        x -= x.mean(-1, keepdim=True)
        x /= (x.square().mean(-1, keepdim=True) + eps).sqrt()
        return x

    def residual_add(resid, norm, layer):
        resid += layer(norm(resid))
        return resid

    assert "changes its input x in place" in said_of(checks.standardise, standardise)
    assert "changes its input resid in place" in said_of(checks.residual_add, residual_add)


def test_a_module_of_another_size_than_it_is_told_is_named() -> None:
    class Linears(nn.Module):
        def __init__(self, d_model, d_mlp):
            super().__init__()
            self.W_in, self.W_out = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)

        def forward(self, x):
            return self.W_out(F.gelu(self.W_in(x), approximate="tanh"))

    assert checks.MLP.examine(Linears).mistake == "d_model neurons"
