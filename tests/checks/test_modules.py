"""Students' modules: however they store their weights, the check fills them, or reports why it cannot."""

import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from utils.adapters.weights import fill
from utils.errors import CheckMisuse

from .same import identical

D_MODEL, D_HEAD = 4, 3
FUSED = {"W_QKV": ("W_Q", "W_K", "W_V")}


def weights():
    """Return one head's weights, all numbers different."""
    generator = torch.Generator().manual_seed(3)
    shapes = {f"W_{letter}": (D_MODEL, D_HEAD) for letter in "QKV"} | {
        f"b_{letter}": (D_HEAD,) for letter in "QKV"
    }
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def module(**children):
    """Return a module with these parameters and modules."""
    made = nn.Module()
    for name, child in children.items():
        setattr(made, name, child)
    return made


def parameter(*shape):
    return nn.Parameter(torch.zeros(shape))


def projected(x, filled, letter):
    """x's projection by whatever the module has under the letter."""
    layer, bias = getattr(filled, f"W_{letter}"), getattr(filled, f"b_{letter}", None)
    product = layer(x) if isinstance(layer, nn.Module) else x @ layer
    return product if bias is None else product + bias


HOMES = {
    "parameters": lambda: (
        {f"W_{each}": parameter(D_MODEL, D_HEAD) for each in "QKV"}
        | {f"b_{each}": parameter(D_HEAD) for each in "QKV"}
    ),
    "nn.Linear": lambda: {f"W_{each}": nn.Linear(D_MODEL, D_HEAD) for each in "QKV"},
    "Conv1D": lambda: {f"W_{each}": Conv1D(D_HEAD, D_MODEL) for each in "QKV"},
    "nn.Linear with biases apart": lambda: (
        {f"W_{each}": nn.Linear(D_MODEL, D_HEAD, bias=False) for each in "QKV"}
        | {f"b_{each}": parameter(D_HEAD) for each in "QKV"}
    ),
    "float64": lambda: {f"W_{each}": nn.Linear(D_MODEL, D_HEAD, dtype=torch.float64) for each in "QKV"},
}


@pytest.mark.parametrize("home", HOMES.values(), ids=HOMES)
def test_weights_find_their_home(home):
    filled = fill(module(**home()), weights(), FUSED)
    dtype = next(filled.parameters()).dtype
    x = torch.eye(D_MODEL, dtype=dtype)
    for letter in "QKV":
        expected = x @ weights()[f"W_{letter}"].to(dtype) + weights()[f"b_{letter}"].to(dtype)
        assert torch.allclose(projected(x, filled, letter), expected)


@pytest.mark.parametrize(
    "layer", [nn.Linear(D_MODEL, 3 * D_HEAD), Conv1D(3 * D_HEAD, D_MODEL)], ids=["Linear", "Conv1D"]
)
def test_fused_weights_lie_side_by_side(layer):
    filled = fill(module(W_QKV=layer), weights(), FUSED)
    for letter, part in zip("QKV", filled.W_QKV(torch.eye(D_MODEL)).chunk(3, dim=-1), strict=True):
        assert torch.allclose(part, weights()[f"W_{letter}"] + weights()[f"b_{letter}"])


def test_fused_parameters_too():
    filled = fill(module(W_QKV=parameter(D_MODEL, 3 * D_HEAD), b_QKV=parameter(3 * D_HEAD)), weights(), FUSED)
    assert identical(filled.W_QKV.detach()[:, :D_HEAD].contiguous(), weights()["W_Q"])
    assert identical(filled.b_QKV.detach()[-D_HEAD:].contiguous(), weights()["b_V"])


def test_the_cases_weights_are_not_the_modules():
    given = weights()
    filled = fill(module(**HOMES["parameters"]()), given)
    filled.W_Q.data.zero_()
    assert identical(given, weights())


PROBLEMS = {
    "no module": (object, "this is object. Does the class name it as its base?"),
    "no such parameter": (
        lambda: module(W_q=parameter(2)),
        "Module has no W_Q, which the check must fill. Its parameters: W_q.",
    ),
    "no parameter at all": (lambda: module(), "Its parameters: none."),
    "another shape": (
        lambda: module(W_Q=parameter(D_HEAD, D_MODEL)),
        "W_Q has shape (3, 4); with these sizes the exercise asks for (4, 3).",
    ),
    "a layer of another shape": (
        lambda: module(W_Q=nn.Linear(D_HEAD, D_MODEL)),
        "W_Q.weight has shape (4, 3); with these sizes the exercise asks for (3, 4).",
    ),
    "a layer without a bias": (
        lambda: module(W_Q=nn.Linear(D_MODEL, D_HEAD, bias=False)),
        "W_Q has no bias, and GPT-2 has one there: b_Q.",
    ),
    "a module without a weight": (
        lambda: module(W_Q=nn.Sequential()),
        "W_Q is a module, Sequential, without a weight",
    ),
    "a number": (lambda: module(W_Q=3), "has no W_Q"),
}


@pytest.mark.parametrize(("make", "text"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_cannot_be_filled_is_explained(make, text):
    with pytest.raises(CheckMisuse) as problem:
        fill(make(), weights(), FUSED)
    assert text in str(problem.value)
