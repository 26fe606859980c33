"""The attention weights of a layer of the reference model, and inputs for them."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from utils.reference import Reference
from utils.reference.inputs.mlp import norm_weights, stream_start
from utils.reference.inputs.tokens import first_block_input, head_weights

NAMES = ("Tom", "Anna", "Ben", "Lily", "Sam", "Rose", "Jack", "Kate")
"""Each is one token, together with the space before it."""


def attention_weights(reference: Reference, layer: int) -> dict[str, Tensor]:
    """Return the attention weights of a layer, head by head.

    W_Q, W_K and W_V [n_heads, d_model, d_head], b_Q, b_K and b_V [n_heads, d_head], W_O [n_heads, d_head,
    d_model] and b_O [d_model].
    """
    config, hf = reference.config, f"transformer.h.{layer}.attn.c_proj"
    heads = [head_weights(reference, layer, head) for head in range(config.n_heads)]
    weights = {name: torch.stack([head[name] for head in heads]) for name in heads[0]}
    W_O = reference.state_dict[f"{hf}.weight"].float().reshape(config.n_heads, config.d_head, config.d_model)
    return weights | {"W_O": W_O.clone(), "b_O": reference.state_dict[f"{hf}.bias"].float().clone()}


def packed_weights(reference: Reference, layer: int) -> dict[str, Tensor]:
    """Return W_QKV [d_model, 3 · d_model] and b_QKV [3 · d_model] of a layer, as in GPT-2's file."""
    hf = f"transformer.h.{layer}.attn.c_attn"
    weights = reference.state_dict
    return {"W_QKV": weights[f"{hf}.weight"].float().clone(), "b_QKV": weights[f"{hf}.bias"].float().clone()}


def attention_input(reference: Reference, layer: int) -> Float[Tensor, "batch seq d_model"]:
    """Return token plus position of two prompts, after the LayerNorm before one layer's attention."""
    norm = norm_weights(reference, f"h.{layer}.ln_1")
    width, eps = reference.config.d_model, reference.config.layer_norm_eps
    return F.layer_norm(stream_start(reference), (width,), norm["gain"], norm["bias"], eps)


def first_block_projections(
    reference: Reference, ids: Int[Tensor, "batch seq"]
) -> list[Float[Tensor, "batch seq d_model"]]:
    """Return the queries, the keys and the values of the first block, those of all heads side by side."""
    packed = packed_weights(reference, layer=0)
    together = F.linear(first_block_input(reference, ids), packed["W_QKV"].mT, packed["b_QKV"])
    return list(together.split(reference.config.d_model, dim=-1))


def first_block_qkv(
    reference: Reference, ids: Int[Tensor, "batch seq"]
) -> list[Float[Tensor, "batch heads seq d_head"]]:
    """Return q, k and v of every head of the first block."""
    x = first_block_input(reference, ids)
    heads = [head_weights(reference, 0, head) for head in range(reference.config.n_heads)]
    return [
        torch.stack([F.linear(x, head[f"W_{letter}"].mT, head[f"b_{letter}"]) for head in heads], dim=1)
        for letter in "QKV"
    ]


def repeated_names(reference: Reference, period: int, copies: int) -> Int[Tensor, "1 seq"]:
    """Return the ids of `period` different names, the whole sequence repeated `copies` times."""
    piece = [reference.tokenizer.encode(f" {name}")[0] for name in NAMES[:period]]
    return torch.tensor([piece * copies])


def first_block_patterns(
    reference: Reference, ids: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch heads query key"]:
    """Return the attention patterns of the first block's heads."""
    q, k, _ = first_block_qkv(reference, ids)
    # With the identity matrix as values, the result of attention is the pattern itself.
    identity = torch.eye(ids.shape[1]).expand(*q.shape[:2], -1, -1)
    return F.scaled_dot_product_attention(q, k, identity, is_causal=True)
