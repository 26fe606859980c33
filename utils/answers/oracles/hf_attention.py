"""Hugging Face's own GPT-2 attention, in the shapes that the course uses: the reference of weeks 5 and 6."""

import functools

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


@functools.cache
def _gpt2():
    from transformers.models.gpt2 import modeling_gpt2

    return modeling_gpt2


def visible(
    query: int, key: int, is_token: Bool[Tensor, "batch key"] | None = None
) -> Bool[Tensor, "b 1 q k"]:
    """HF's causal mask, True where a query may look; the queries are the last positions."""
    from transformers.masking_utils import sdpa_mask

    return sdpa_mask(
        batch_size=len(is_token) if is_token is not None else 1,
        q_length=query,
        kv_length=key,
        q_offset=key - query,
        attention_mask=is_token,
        allow_is_causal_skip=False,
        device=torch.device("cpu"),
    )


def attend(
    q: Float[Tensor, "*lead query d_head"],
    k: Float[Tensor, "*lead key d_head"],
    v: Float[Tensor, "*lead key d"],
) -> tuple[Float[Tensor, "*lead query d"], Float[Tensor, "*lead query key"]]:
    """z and the pattern, by HF's `eager_attention_forward` under HF's own mask."""
    lead = q.shape[:-2]
    four = [tensor.reshape(-1, 1, *tensor.shape[-2:]) for tensor in (q, k, v)]
    mask = torch.zeros(()).masked_fill(~visible(q.shape[-2], k.shape[-2]), -torch.inf)
    module = nn.Module().eval()  # HF asks it only whether dropout is on
    z, pattern = _gpt2().eager_attention_forward(module, *four, mask)
    return z.transpose(1, 2).reshape(*lead, q.shape[-2], -1), pattern.reshape(*lead, q.shape[-2], k.shape[-2])


def packed_projection(x: Float[Tensor, "batch seq d_model"], weights: list[Tensor], biases: list[Tensor]):
    """q, k and v by HF's Conv1D `c_attn`: one packed product, split into three."""
    from transformers.pytorch_utils import Conv1D

    width = weights[0].shape[1]
    c_attn = Conv1D(3 * width, x.shape[-1])
    with torch.no_grad():
        c_attn.weight.copy_(torch.cat(weights, dim=1))
        c_attn.bias.copy_(torch.cat(biases))
        return c_attn(x).split(width, dim=2)
