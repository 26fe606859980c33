"""Small models from tokens to logits, some of which let a position read a later one, for causality checks."""

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

Mixing = Mapping[str, Tensor]
"""How positions are mixed: `reads`, `gate` and `chosen` are [query, key], the rest are numbers."""


class MixingModel:
    """A model with logits [batch, seq, d_vocab] made from a mix of the positions' vectors.

    The mix is computed in float64 and the logits are float32, so that values that should be equal differ in
    the last digit at most. Takes batches of any size, with prompts of up to n_ctx tokens.
    """

    def __init__(
        self,
        mixing: Mixing,
        W_E: Float[Tensor, "d_vocab d_model"],
        W_pos: Float[Tensor, "n_ctx d_model"],
    ):
        self._mixing, self._W_E, self._W_pos = mixing, W_E.double(), W_pos.double()

    @torch.no_grad()
    def __call__(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Returns the logits."""
        x = F.embedding(tokens, self._W_E) + self._W_pos[: tokens.shape[1]]
        return F.linear(mixed(self._mixing, tokens, x), self._W_E).float()


def mixed(
    mixing: Mixing, tokens: Int[Tensor, "batch seq"], x: Float[Tensor, "batch seq d_model"]
) -> Float[Tensor, "batch seq d_model"]:
    """Returns each position's new vector in float64: a weighted sum of the vectors that it reads, times a
    gate.

    `chosen` is added to `reads` in the prompts that begin with the token `first`. `gate` [query, key] makes a
    factor between 0.5 and 2.5 from what is read through it. A share `bent` of the sum passes through a tanh,
    a share `normalised` is normalised over the positions, `rounding` adds and subtracts the prompt's length
    in float32, and `constant` is added at the end.
    """
    seq = x.shape[1]
    reads, gate, chosen = (mixing[name][:seq, :seq].double() for name in ("reads", "gate", "chosen"))
    starts_with_first = (tokens[:, :1, None] == mixing["first"]).double()
    y = reads @ x + starts_with_first * (chosen @ x)
    y = y * (1.5 + torch.tanh((gate @ x).sum(dim=-1, keepdim=True)))
    bent, normalised, rounding = (mixing[name].double() for name in ("bent", "normalised", "rounding"))
    y = y + bent * (torch.tanh(y) - y) + normalised * (_over_positions(y) - y)
    y = y + rounding * ((y.float() + seq).double() - seq - y)
    return y + mixing["constant"].double()


def _over_positions(x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
    variance, mean = torch.var_mean(x, dim=1, correction=0, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()
