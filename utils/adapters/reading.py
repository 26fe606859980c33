"""Reads the weights of an attention module or an MLP in one layout, whatever layout the module keeps them in.

The opposite of `utils.adapters.heads` and `utils.adapters.weights`; Hugging Face's modules can be read, too.
"""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from utils.errors import CheckMisuse


@dataclass(frozen=True)
class HeadWeights:
    """An attention module's weights, with an axis for the heads."""

    W_Q: Float[Tensor, "n_heads d_model d_head"]
    b_Q: Float[Tensor, "n_heads d_head"]
    W_K: Float[Tensor, "n_heads d_model d_head"]
    b_K: Float[Tensor, "n_heads d_head"]
    W_V: Float[Tensor, "n_heads d_model d_head"]
    b_V: Float[Tensor, "n_heads d_head"]
    W_O: Float[Tensor, "n_heads d_head d_model"]
    b_O: Float[Tensor, " d_model"]


@dataclass(frozen=True)
class MLPWeights:
    """An MLP's weights."""

    W_in: Float[Tensor, "d_model d_mlp"]
    b_in: Float[Tensor, " d_mlp"]
    W_out: Float[Tensor, "d_mlp d_model"]
    b_out: Float[Tensor, " d_model"]


def read_heads(attention: nn.Module, n_heads: int) -> HeadWeights:
    """Returns the module's weights; where the module keeps them so, they are views and not copies.

    Raises:
        CheckMisuse: the module has no such weight.
    """
    heads = getattr(attention, "heads", None)
    if isinstance(heads, nn.ModuleList):
        import torch

        each = [[_layer(head, f"W_{letter}") for head in heads] for letter in "QKV"]
        pairs = [tuple(torch.stack(list(parts)) for parts in zip(*kind, strict=True)) for kind in each]
    elif hasattr(attention, "c_attn") or hasattr(attention, "W_QKV"):
        weight, bias = _layer(attention, "c_attn" if hasattr(attention, "c_attn") else "W_QKV")
        thirds = zip(weight.chunk(3, dim=-1), bias.chunk(3, dim=-1), strict=True)
        pairs = [_with_heads(part, part_bias, n_heads) for part, part_bias in thirds]
    else:
        pairs = [_with_heads(*_layer(attention, f"W_{letter}"), n_heads) for letter in "QKV"]
    W_O, b_O = _layer(attention, "c_proj" if hasattr(attention, "c_proj") else "W_O")
    if W_O.dim() == 2:
        W_O = W_O.unflatten(0, (n_heads, -1))
    (W_Q, b_Q), (W_K, b_K), (W_V, b_V) = pairs
    return HeadWeights(W_Q, b_Q, W_K, b_K, W_V, b_V, W_O, b_O)


def read_mlp(mlp: nn.Module) -> MLPWeights:
    """Returns the MLP's weights.

    Raises:
        CheckMisuse: the module has no such weight.
    """
    of_hf = hasattr(mlp, "c_fc")
    return MLPWeights(*_layer(mlp, "c_fc" if of_hf else "W_in"), *_layer(mlp, "c_proj" if of_hf else "W_out"))


def _with_heads(
    weight: Float[Tensor, "..."], bias: Float[Tensor, "..."], n_heads: int
) -> tuple[Float[Tensor, "n_heads d_model d_head"], Float[Tensor, "n_heads d_head"]]:
    """Gives a weight and its bias, in which the heads are side by side, an axis for the heads."""
    if weight.dim() == 2:
        weight = weight.unflatten(-1, (n_heads, -1)).movedim(-2, 0)
    if bias.dim() == 1:
        bias = bias.unflatten(0, (n_heads, -1))
    return weight, bias


def _layer(module: nn.Module, name: str) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """Returns a weight as [in, out], and the bias that belongs to it, which is a zero if there is none."""
    holder: Any = getattr(module, name, None)
    bias = getattr(module, "b_" + name.removeprefix("W_"), None)
    if isinstance(holder, nn.Module):
        weight = getattr(holder, "weight", None)
        bias = bias if isinstance(bias, Tensor) else getattr(holder, "bias", None)
        if isinstance(holder, nn.Linear) and isinstance(weight, Tensor):
            weight = weight.T  # nn.Linear keeps [out, in], Conv1D and the course [in, out]
    else:
        weight = holder
    if not isinstance(weight, Tensor):
        has = ", ".join(key for key, _ in module.named_parameters()) or "none"
        raise CheckMisuse(f"{type(module).__name__} has no {name}. Its parameters: {has}.")
    if not isinstance(bias, Tensor):
        shape = weight.shape[:-2] + weight.shape[-1:] if weight.dim() == 3 else weight.shape[-1:]
        bias = weight.new_zeros(shape)
    return weight.detach(), bias.detach()
