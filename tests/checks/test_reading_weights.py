"""Weights are read back from whatever layout a student's module keeps them in."""

import pytest
import torch
from torch import nn
from transformers import GPT2Config
from transformers.models.gpt2.modeling_gpt2 import GPT2MLP, GPT2Attention
from transformers.pytorch_utils import Conv1D

from utils.adapters.heads import fill_heads
from utils.adapters.reading import read_heads, read_mlp
from utils.adapters.weights import fill
from utils.errors import CheckMisuse

N_HEADS, D_MODEL, D_HEAD, D_MLP = 3, 12, 4, 7


def random_weights(shapes):
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


HEADS = random_weights(
    {f"W_{letter}": (N_HEADS, D_MODEL, D_HEAD) for letter in "QKV"}
    | {f"b_{letter}": (N_HEADS, D_HEAD) for letter in "QKV"}
    | {"W_O": (N_HEADS, D_HEAD, D_MODEL), "b_O": (D_MODEL,)}
)
MLP = random_weights(
    {"W_in": (D_MODEL, D_MLP), "b_in": (D_MLP,), "W_out": (D_MLP, D_MODEL), "b_out": (D_MODEL,)}
)


def module(**children):
    made = nn.Module()
    for name, child in children.items():
        setattr(made, name, child)
    return made


def zeros(*shape):
    return nn.Parameter(torch.zeros(shape))


def with_axes():
    return module(**{name: zeros(*value.shape) for name, value in HEADS.items()})


def side_by_side():
    of_heads = {f"W_{letter}": zeros(D_MODEL, N_HEADS * D_HEAD) for letter in "QKV"}
    biases = {f"b_{letter}": zeros(N_HEADS * D_HEAD) for letter in "QKV"}
    return module(**of_heads, **biases, W_O=zeros(N_HEADS * D_HEAD, D_MODEL), b_O=zeros(D_MODEL))


def linear_layers():
    return module(**{f"W_{letter}": nn.Linear(D_MODEL, N_HEADS * D_HEAD) for letter in "QKVO"})


def conv1d_for_all_three():
    return module(W_QKV=Conv1D(3 * N_HEADS * D_HEAD, D_MODEL), W_O=Conv1D(D_MODEL, N_HEADS * D_HEAD))


def a_list_of_heads():
    one = [
        module(
            **{f"W_{each}": zeros(D_MODEL, D_HEAD) for each in "QKV"},
            **{f"b_{each}": zeros(D_HEAD) for each in "QKV"},
        )
        for _ in range(N_HEADS)
    ]
    return module(heads=nn.ModuleList(one), W_O=zeros(N_HEADS, D_HEAD, D_MODEL), b_O=zeros(D_MODEL))


@pytest.mark.parametrize(
    "make", [with_axes, side_by_side, linear_layers, conv1d_for_all_three, a_list_of_heads]
)
def test_the_weights_that_were_filled_in_are_read(make):
    read = read_heads(fill_heads(make(), HEADS), N_HEADS)
    for name, value in HEADS.items():
        assert torch.equal(getattr(read, name), value), name


def test_hfs_attention_and_mlp_compute_with_what_is_read():
    torch.manual_seed(0)
    config = GPT2Config(n_embd=D_MODEL, n_head=N_HEADS, n_inner=D_MLP, attn_implementation="eager")
    attention, mlp, x = GPT2Attention(config, layer_idx=0), GPT2MLP(D_MLP, config), torch.randn(1, 1, D_MODEL)
    for part in (attention, mlp):
        part.eval()
        for parameter in part.parameters():
            nn.init.normal_(parameter)
    read = read_heads(attention, N_HEADS)
    # A single token attends to itself alone, so that its value is all that is written.
    values = x[0] @ read.W_V + read.b_V[:, None]
    assert torch.allclose(attention(x)[0][0], (values @ read.W_O).sum(dim=0) + read.b_O, atol=1e-5)
    weights = read_mlp(mlp)
    hidden = nn.functional.gelu(x @ weights.W_in + weights.b_in, approximate="tanh")
    assert torch.allclose(mlp(x), hidden @ weights.W_out + weights.b_out, atol=1e-5)


def test_an_mlp_is_read_with_its_biases_or_without():
    read = read_mlp(fill(module(**{name: zeros(*value.shape) for name, value in MLP.items()}), MLP))
    assert all(torch.equal(getattr(read, name), value) for name, value in MLP.items())
    without = read_mlp(module(W_in=nn.Linear(D_MODEL, D_MLP, bias=False), W_out=nn.Linear(D_MLP, D_MODEL)))
    assert torch.equal(without.b_in, torch.zeros(D_MLP))


def test_what_is_missing_is_named():
    with pytest.raises(CheckMisuse, match="has no W_V"):
        read_heads(module(W_Q=zeros(12, 12), W_K=zeros(12, 12)), N_HEADS)
