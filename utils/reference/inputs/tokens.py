"""Inputs with real numbers: what the reference model's first block reads, and the weights of one head."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from utils.reference import Reference

PROMPTS = (
    "The cat sat on the mat because it was tired.",
    "The king walked along the river bank with his dog.",
)


def token_ids(reference: Reference, prompts: Sequence[str] = PROMPTS) -> Int[Tensor, "batch seq"]:
    """Return the prompts' ids, cut to the length of the shortest."""
    rows = [reference.tokenizer.encode(prompt) for prompt in prompts]
    shortest = min(map(len, rows))
    return torch.tensor([row[:shortest] for row in rows])


def first_block_input(
    reference: Reference, ids: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch seq d_model"]:
    """Return what the first block's attention reads: token plus position, after ln_1."""
    weights, config = reference.state_dict, reference.config
    resid = weights["transformer.wte.weight"][ids] + weights["transformer.wpe.weight"][: ids.shape[1]]
    gain, bias = weights["transformer.h.0.ln_1.weight"], weights["transformer.h.0.ln_1.bias"]
    return F.layer_norm(resid.float(), (config.d_model,), gain.float(), bias.float(), config.layer_norm_eps)


def head_weights(reference: Reference, layer: int, head: int) -> dict[str, Tensor]:
    """Return W_Q, W_K, W_V [d_model, d_head] and b_Q, b_K, b_V [d_head] of one head."""
    config = reference.config
    packed = reference.state_dict[f"transformer.h.{layer}.attn.c_attn.weight"].float()
    bias = reference.state_dict[f"transformer.h.{layer}.attn.c_attn.bias"].float()
    weights = {}
    for third, letter in enumerate("QKV"):
        first = third * config.d_model + head * config.d_head
        weights[f"W_{letter}"] = packed[:, first : first + config.d_head].clone()
        weights[f"b_{letter}"] = bias[first : first + config.d_head].clone()
    return weights
