"""Layers over a sequence whose weights decide which position reads which; some treat each position alone."""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

Mixing = Mapping[str, Tensor]
"""`reads` [query, key]: the weight of each position's vector for each other; the other entries are the
weights of the terms of `mixing_layer`.
"""


def mixing_layer(mixing: Mixing, W: Float[Tensor, "d_model d_model"]) -> Callable[[Tensor], Tensor]:
    """Returns a layer [batch, seq, d_model] -> [batch, seq, d_model], for any batch, and any seq up to that
    of `reads`.

    Its output is a weighted sum: `bent`, tanh(x @ W); `normed`, each vector normalised; `constant`, the same
    vector everywhere; `plain`, x, rounded by adding and subtracting the prompt's length in x's dtype;
    `over_positions`, x normalised over the positions; and the mix of the positions' vectors, from which
    `centred` subtracts each vector's mean and which `unit` scales to length 1.

    All else is computed in float64, so that values that should be equal are equal in float32. A term of
    weight 0 and a position that is not read are left out, so that not even NaN passes through.
    """
    weight = {name: number.item() for name, number in mixing.items() if name != "reads"}
    wide_W, reads = W.double(), mixing["reads"].double()

    def layer(x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        wide, seq = x.double(), x.shape[1]
        y = _read(reads[:seq, :seq], _scaled(wide, weight["centred"], weight["unit"])) @ wide_W
        parts = {
            "bent": lambda: torch.tanh(wide @ wide_W),
            "normed": lambda: F.layer_norm(wide, wide.shape[-1:]),
            "constant": lambda: wide_W[0].expand_as(wide),
            "plain": lambda: ((x + seq) - seq).double(),
            "over_positions": lambda: _over_positions(wide),
        }
        for name, part in parts.items():
            if weight[name]:
                y = y + weight[name] * part()
        return y.to(x.dtype)

    return layer


def _scaled(
    x: Float[Tensor, "batch seq d_model"], centred: float, unit: float
) -> Float[Tensor, "batch seq d_model"]:
    scaled = x - centred * x.mean(dim=-1, keepdim=True)
    return F.normalize(scaled, dim=-1) if unit else scaled


def _read(
    reads: Float[Tensor, "query key"], vectors: Float[Tensor, "batch key d_model"]
) -> Float[Tensor, "batch query d_model"]:
    share = reads[None, :, :, None]
    return torch.where(share != 0, share * vectors[:, None], 0.0).sum(dim=2)


def _over_positions(x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
    variance, mean = torch.var_mean(x, dim=1, correction=0, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()
