"""HF's final LayerNorm with its divisor held fixed, so that what it gives is a sum over what was written."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def shrinkage(ln_f: nn.LayerNorm, end: Float[Tensor, "batch d_model"]) -> Float[Tensor, "batch 1"]:
    """Returns by what ln_f multiplies each prompt's stream: 1/sqrt(variance + eps), as torch gives it out."""
    return torch.native_layer_norm(end, ln_f.normalized_shape, None, None, ln_f.eps)[2]


def term(
    ln_f: nn.LayerNorm,
    written: Float[Tensor, "batch d_model"],
    shrink: Float[Tensor, "batch 1"],
    rows: Float[Tensor, "batch d_model"],
) -> Float[Tensor, "batch"]:
    """Returns what a vector in the stream adds to the product of ln_f's output with the rows."""
    return torch.linalg.vecdot((written - written.mean(dim=-1, keepdim=True)) * shrink * ln_f.weight, rows)
