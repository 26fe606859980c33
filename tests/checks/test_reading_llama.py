"""A Llama's weights are copied into every layout of parameters that the exercise allows."""

import pytest
import torch
from torch import nn

from utils.adapters.llama import fill_llama, fill_llama_attention
from utils.errors import CheckMisuse

D_MODEL, N_HEADS, N_KV_HEADS, D_HEAD = 5, 4, 2, 3
HEADS = {"W_Q": N_HEADS, "W_K": N_KV_HEADS, "W_V": N_KV_HEADS}


def attention_weights():
    weights = {name: torch.randn(D_MODEL, heads * D_HEAD) for name, heads in HEADS.items()}
    return weights | {"W_O": torch.randn(N_HEADS * D_HEAD, D_MODEL)}


def parameters():
    """An attention whose parameters have the heads side by side."""
    attention = nn.Module()
    for name, W in attention_weights().items():
        attention.register_parameter(name, nn.Parameter(torch.zeros_like(W)))
    return attention


def linears():
    """An attention of nn.Linear, whose weight is transposed."""
    attention = nn.Module()
    for name, W in attention_weights().items():
        attention.add_module(name, nn.Linear(*W.shape, bias=False))
    return attention


def heads_on_an_axis():
    """An attention whose parameters have an axis for the heads, as week 6's have."""
    attention = nn.Module()
    for name, heads in HEADS.items():
        attention.register_parameter(name, nn.Parameter(torch.zeros(heads, D_MODEL, D_HEAD)))
    attention.W_O = nn.Parameter(torch.zeros(N_HEADS, D_HEAD, D_MODEL))
    return attention


@pytest.mark.parametrize("make", [parameters, linears])
def test_heads_side_by_side(make):
    weights = attention_weights()
    filled = fill_llama_attention(make(), weights, D_HEAD)
    for name, W in weights.items():
        kept = getattr(filled, name)
        assert torch.equal(kept.weight.T if isinstance(kept, nn.Linear) else kept, W)


def test_an_axis_for_the_heads():
    weights = attention_weights()
    filled = fill_llama_attention(heads_on_an_axis(), weights, D_HEAD)
    head = slice(D_HEAD, 2 * D_HEAD)  # the second one
    assert torch.equal(filled.W_K[1], weights["W_K"][:, head])
    assert torch.equal(filled.W_O[1], weights["W_O"][head])


def test_a_missing_matrix_is_named():
    attention = parameters()
    del attention.W_V
    with pytest.raises(CheckMisuse, match="W_V"):
        fill_llama_attention(attention, attention_weights(), D_HEAD)


def test_what_is_no_module():
    with pytest.raises(CheckMisuse):
        fill_llama_attention(lambda x: x, attention_weights(), D_HEAD)


def model(n_layers=1):
    """A Llama with all its parts; torch's own norms and embedding are among them."""
    made = nn.Module()
    made.blocks = nn.ModuleList(nn.Module() for _ in range(n_layers))
    for block in made.blocks:
        block.attn, block.mlp = parameters(), nn.Module()
        block.ln_1, block.ln_2 = nn.RMSNorm(D_MODEL), nn.RMSNorm(D_MODEL)
        for name, shape in (("W_gate", (5, 7)), ("W_in", (5, 7)), ("W_out", (7, 5))):
            block.mlp.register_parameter(name, nn.Parameter(torch.zeros(shape)))
    made.embed, made.ln_f = nn.Embedding(6, D_MODEL), nn.RMSNorm(D_MODEL)
    made.W_U = nn.Parameter(torch.zeros(D_MODEL, 6))
    return made


def model_weights():
    mlp = {"W_gate": torch.randn(5, 7), "W_in": torch.randn(5, 7), "W_out": torch.randn(7, 5)}
    norm = {"gain": torch.randn(D_MODEL)}
    block = {"ln_1": norm, "attn": attention_weights(), "ln_2": norm, "mlp": mlp}
    embed = {"W_E": torch.randn(6, D_MODEL)}
    return {"embed": embed, "blocks": [block], "ln_f": norm, "W_U": torch.randn(D_MODEL, 6)}


def test_a_whole_model_also_with_torchs_own_parts():
    weights = model_weights()
    filled = fill_llama(model(), weights, D_HEAD)
    block = filled.blocks[0]
    assert torch.equal(filled.embed.weight, weights["embed"]["W_E"])
    assert torch.equal(block.ln_2.weight, weights["ln_f"]["gain"])
    assert torch.equal(block.mlp.W_gate, weights["blocks"][0]["mlp"]["W_gate"])
    assert torch.equal(filled.W_U, weights["W_U"])


def test_a_block_too_many():
    with pytest.raises(CheckMisuse, match="blocks are 2"):
        fill_llama(model(n_layers=2), model_weights(), D_HEAD)


def test_a_missing_part_is_named():
    made = model()
    del made.blocks[0].ln_2
    with pytest.raises(CheckMisuse, match="ln_2"):
        fill_llama(made, model_weights(), D_HEAD)
