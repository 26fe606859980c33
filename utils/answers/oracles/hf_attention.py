"""Hugging Face's GPT-2 attention in the course's shapes: the reference of weeks 5 and 6."""

import functools
from types import ModuleType

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


@functools.cache
def _gpt2() -> ModuleType:
    from transformers.models.gpt2 import modeling_gpt2

    return modeling_gpt2


def visible(
    query: int, key: int, is_token: Bool[Tensor, "batch key"] | None = None
) -> Bool[Tensor, "batch 1 query key"]:
    """Returns HF's causal mask: True where a query may look. The queries are the last positions.

    `is_token` is False at padding. Without it batch is 1.
    """
    from transformers.masking_utils import sdpa_mask

    mask = sdpa_mask(
        batch_size=len(is_token) if is_token is not None else 1,
        q_length=query,
        kv_length=key,
        q_offset=key - query,
        attention_mask=is_token,
        allow_is_causal_skip=False,
        device=torch.device("cpu"),
    )
    assert mask is not None  # HF leaves a mask out only with allow_is_causal_skip
    return mask


def attend(
    q: Float[Tensor, "*lead query d_head"],
    k: Float[Tensor, "*lead key d_head"],
    v: Float[Tensor, "*lead key d"],
) -> tuple[Float[Tensor, "*lead query d"], Float[Tensor, "*lead query key"]]:
    """Returns z and the pattern, by HF's `eager_attention_forward` under HF's own mask."""
    lead = q.shape[:-2]
    four = [tensor.reshape(-1, 1, *tensor.shape[-2:]) for tensor in (q, k, v)]
    mask = torch.zeros(()).masked_fill(~visible(q.shape[-2], k.shape[-2]), -torch.inf)
    module = nn.Module().eval()  # HF reads only its training mode, for dropout
    z, pattern = _gpt2().eager_attention_forward(module, *four, mask)
    return z.transpose(1, 2).reshape(*lead, q.shape[-2], -1), pattern.reshape(*lead, q.shape[-2], k.shape[-2])


def packed_projection(
    x: Float[Tensor, "batch seq d_model"],
    weights: list[Float[Tensor, "d_model d_head"]],
    biases: list[Float[Tensor, " d_head"]],
) -> tuple[Float[Tensor, "batch seq d_head"], ...]:
    """Returns q, k and v, by HF's Conv1D `c_attn`: one packed product, split into three."""
    from transformers.pytorch_utils import Conv1D

    width = weights[0].shape[1]
    c_attn = Conv1D(3 * width, x.shape[-1])
    with torch.no_grad():
        c_attn.weight.copy_(torch.cat(weights, dim=1))
        c_attn.bias.copy_(torch.cat(biases))
        return c_attn(x).split(width, dim=2)
