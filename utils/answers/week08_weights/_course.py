"""The course's side of the name map: its names for HF's, and HF's tensors in its shapes."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from utils.answers.week08_weights import _hf

_ENDS = {
    "wte.weight": "embed.W_E",
    "wpe.weight": "pos_embed.W_pos",
    "ln_f.weight": "ln_f.gain",
    "ln_f.bias": "ln_f.bias",
    "lm_head.weight": "unembed.embed.W_E",
}
_LAYERS = {"attn.c_proj": "attn O", "mlp.c_fc": "mlp in", "mlp.c_proj": "mlp out"}


def names(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return, for each name of HF's own model, the course's names that it fills."""
    return {name: ours(name) for name in _hf.shapes(config)}


def ours(name: str) -> tuple[str, ...]:
    """Return the course's names that one of HF's names fills."""
    short = name.removeprefix("transformer.")
    if short in _ENDS:
        return (_ENDS[short],)
    _, number, module, *middle, kind = short.split(".")
    block, letter = f"blocks.{number}", {"weight": "W", "bias": "b"}[kind]
    if not middle:
        return (f"{block}.{module}.{'gain' if letter == 'W' else 'bias'}",)
    if middle == ["c_attn"]:
        return tuple(f"{block}.attn.{letter}_{each}" for each in "QKV")
    half, suffix = _LAYERS[f"{module}.{middle[0]}"].split()
    return (f"{block}.{half}.{letter}_{suffix}",)


def thirds(*, packed: Tensor, n_heads: int) -> tuple[Tensor, ...]:
    """Return the columns of q, k and v, each split into heads, as HF's attention splits c_attn's output."""
    by_head = [third.chunk(n_heads, dim=-1) for third in packed.chunk(3, dim=-1)]
    return tuple(torch.stack(heads) for heads in by_head)


def forms(*, name: str, tensor: Tensor, n_heads: int) -> tuple[Tensor, ...]:
    """Return one of HF's tensors in the course's shapes: three for c_attn, otherwise one."""
    if "c_attn" in name:
        return thirds(packed=tensor, n_heads=n_heads)
    if name.endswith("attn.c_proj.weight"):
        return (torch.stack(tensor.chunk(n_heads)),)
    return (tensor,)


def weights(state_dict: Mapping[str, Tensor], n_heads: int) -> dict[str, Tensor]:
    """Return every parameter of the course's model, in float32."""
    filled = {}
    for name, tensor in state_dict.items():
        for target, form in zip(ours(name), forms(name=name, tensor=tensor, n_heads=n_heads), strict=True):
            filled[target] = form.float()
    return filled
