"""Hugging Face's GPT2Attention, filled with the course's weights head by head."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from utils.answers.oracles.hf_config import eager_config
from utils.answers.oracles.hf_model import additive_mask

if TYPE_CHECKING:
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention


def hf_layer(weights: dict[str, Tensor]) -> "GPT2Attention":
    """HF's GPT2Attention in eval mode with these weights.

    W_Q, W_K and W_V [n_heads, d_model, d_head], b_Q, b_K and b_V [n_heads, d_head], W_O [n_heads, d_head,
    d_model] and b_O [d_model]. HF builds it for d_model = n_heads · d_head; for other sizes its
    projections are replaced.
    """
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention
    from transformers.pytorch_utils import Conv1D

    n_heads, d_model, d_head = weights["W_Q"].shape
    width = n_heads * d_head
    layer = GPT2Attention(eager_config(n_embd=width, n_head=n_heads)).eval()
    layer.c_attn, layer.c_proj = Conv1D(3 * width, d_model), Conv1D(d_model, width)
    with torch.no_grad():
        for third, letter in enumerate("QKV"):
            for head in range(n_heads):
                first = third * width + head * d_head
                layer.c_attn.weight[:, first : first + d_head] = weights[f"W_{letter}"][head]
                layer.c_attn.bias[first : first + d_head] = weights[f"b_{letter}"][head]
        layer.c_proj.weight.copy_(torch.cat(list(weights["W_O"])))
        layer.c_proj.bias.copy_(weights["b_O"])
    return layer


@torch.no_grad()
def hf_attention(
    x: Float[Tensor, "batch seq d_model"], weights: dict[str, Tensor]
) -> Float[Tensor, "batch seq d_model"]:
    """The output of HF's GPT2Attention under HF's own causal mask."""
    return hf_layer(weights)(x, attention_mask=additive_mask(x.shape[1]))[0]
