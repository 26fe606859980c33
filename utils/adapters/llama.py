"""Copies the weights of a case into a student's Llama, whatever layout its parameters have.

A block's weights are `{"ln_1": …, "attn": …, "ln_2": …, "mlp": …}`, a model's `{"embed": …, "blocks":
[a block's, …], "ln_f": …, "W_U": …}`, each part with names and tensors inside.
"""

from collections.abc import Mapping
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from utils.adapters.model import fill_part, part_of
from utils.adapters.weights import Weights, fill
from utils.errors import CheckMisuse


def fill_llama_attention(attention: nn.Module, weights: Weights, d_head: int) -> nn.Module:
    """Copies W_Q, W_K, W_V and W_O into the module's parameters and returns the module.

    `weights` have the heads side by side: W_Q [d_model, n_heads·d_head], W_K and W_V [d_model,
    n_kv_heads·d_head] and W_O [n_heads·d_head, d_model]. The module may keep them so, in an nn.Linear
    without a bias, or with an axis for the heads, as MultiHeadAttention does.

    Raises:
        CheckMisuse: the module has no such parameter, or one of another shape.
    """
    fill(attention, {})  # raises CheckMisuse if it is not an nn.Module
    return fill(attention, {name: _as_kept(attention, name, W, d_head) for name, W in weights.items()})


def fill_llama(model: nn.Module, weights: Mapping[str, Any], d_head: int) -> nn.Module:
    """Copies a whole model's weights into it and returns the model.

    Raises:
        CheckMisuse: a part or a parameter is missing, or there are not as many blocks as there should be.
    """
    fill(model, {})
    blocks, wanted = part_of(model, "blocks"), weights["blocks"]
    if len(blocks) != len(wanted):
        raise CheckMisuse(f"The model's blocks are {len(blocks)}; with this config's n_layers {len(wanted)}.")
    for block, of_block in zip(blocks, wanted, strict=True):
        fill_llama_attention(part_of(block, "attn"), of_block["attn"], d_head)
        for name in ("ln_1", "ln_2", "mlp"):
            fill_part(part_of(block, name), of_block[name])
    for name in ("embed", "ln_f"):
        fill_part(part_of(model, name), weights[name])
    return fill(model, {"W_U": weights["W_U"]})


def _as_kept(
    attention: nn.Module, name: str, W: Float[Tensor, "rows columns"], d_head: int
) -> Float[Tensor, "..."]:
    """Returns the weight in the module's layout: with an axis for the heads, or the heads side by side."""
    kept = getattr(attention, name, None)
    if not isinstance(kept, Tensor) or kept.dim() != 3:
        return W
    if name == "W_O":
        return W.unflatten(0, (-1, d_head))
    return W.unflatten(1, (-1, d_head)).movedim(1, 0)
