"""The course's own parts from weeks 1, 3 and 4: what week 5 builds on.

Written by `course build` from the earlier weeks' solutions; what you change here, the next build undoes.
To build on a part that you wrote yourself, put a line like this one below the notebook's imports:

    from utils.own_parts import softmax

Grading takes the parts of this file all the same, so that no mistake is paid for twice.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

__all__ = ["MLP", "Embed", "LayerNorm", "PosEmbed", "Unembed", "embed_tokens", "gelu", "softmax"]


# Week 1: Everything is a vector


def softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Shares that add up to 1 along `dim`: e to the power of each number, over the sum of those powers.

    The largest number is subtracted first, so that no power overflows; the shares stay the same.
    """
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)


# Week 3: Words and places become directions


class Embed(nn.Module):
    """A vector for each token: row `id` of W_E [d_vocab, d_model]."""

    def __init__(self, d_vocab: int, d_model: int):
        super().__init__()
        self.W_E = nn.Parameter(torch.randn(d_vocab, d_model) * 0.02)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        return self.W_E[tokens]


class PosEmbed(nn.Module):
    """A vector for each place: the first `seq` rows of W_pos [n_ctx, d_model], the same for every prompt."""

    def __init__(self, n_ctx: int, d_model: int):
        super().__init__()
        self.W_pos = nn.Parameter(torch.randn(n_ctx, d_model) * 0.02)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        batch, seq = tokens.shape
        return self.W_pos[:seq].expand(batch, -1, -1)


def embed_tokens(
    tokens: Int[Tensor, "batch seq"], embed: Embed, pos_embed: PosEmbed
) -> Float[Tensor, "batch seq d_model"]:
    """Where the residual stream begins: each token's vector plus its place's vector."""
    return embed(tokens) + pos_embed(tokens)


class Unembed(nn.Module):
    """Logits: how well each position's vector matches each token's row of W_E. GPT-2 ties the two: the same W_E."""

    def __init__(self, embed: Embed):
        super().__init__()
        self.embed = embed

    def forward(self, resid: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_vocab"]:
        return resid @ self.embed.W_E.T


# Week 4: The per-token half


class LayerNorm(nn.Module):
    """Brings each vector to mean 0 and variance 1, then stretches it by `gain` and shifts it by `bias`."""

    def __init__(self, d_model: int, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = centred.pow(2).mean(dim=-1, keepdim=True)
        return centred / torch.sqrt(variance + self.eps) * self.gain + self.bias


def gelu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """GPT-2's GELU, the form with tanh (Hendrycks and Gimpel, 2016, section 2)."""
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class MLP(nn.Module):
    """Each token's vector by itself: out to d_mlp numbers, through GELU, and back to d_model."""

    def __init__(self, d_model: int, d_mlp: int):
        super().__init__()
        self.W_in = nn.Parameter(torch.randn(d_model, d_mlp) * 0.02)
        self.b_in = nn.Parameter(torch.zeros(d_mlp))
        self.W_out = nn.Parameter(torch.randn(d_mlp, d_model) * 0.02)
        self.b_out = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        return gelu(x @ self.W_in + self.b_in) @ self.W_out + self.b_out
