"""A fake GPT2 for checks of functions that take a model: it has the same parts with simpler blocks."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from utils.checks.fakes.modules import PositionTable, TokenTable
from utils.reference import ModelConfig

Weights = dict[str, Float[Tensor, "..."]]


class FakeModel(nn.Module):
    """A model with embed, pos_embed, blocks, ln_f and unembed, as a GPT2 has them, but with other blocks.

    Args:
        weights: W_E and W_pos; gain and bias of ln_f; and for the blocks either
            W [n_layers, d_model, d_model] and b [n_layers, d_model], or the vectors that each block adds:
            updates [n_layers, batch, seq, d_model].
    """

    def __init__(self, weights: Weights):
        super().__init__()
        self.embed, self.pos_embed = TokenTable(weights["W_E"]), PositionTable(weights["W_pos"])
        self.blocks = nn.ModuleList(
            map(_Adds, weights["updates"])
            if "updates" in weights
            else map(_Reads, weights["W"], weights["b"])
        )
        self.ln_f = _Norm(weights["gain"], weights["bias"])
        self.unembed = _Scores(self.embed)
        d_vocab, d_model = weights["W_E"].shape
        n_ctx = len(weights["W_pos"])
        self.config = ModelConfig(d_model, 1, d_model, d_model, len(self.blocks), d_vocab, n_ctx, 1e-5)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Returns the logits [batch, seq, d_vocab] at every position."""
        x = self.embed(tokens) + self.pos_embed(tokens)
        for layer in self.blocks:
            x = layer(x)
        return self.unembed(self.ln_f(x))


class _Reads(nn.Module):
    """A block that adds a function of the mean of the positions so far."""

    def __init__(self, W: Float[Tensor, "d_model d_model"], b: Float[Tensor, "d_model"]):
        super().__init__()
        self.W, self.b = nn.Parameter(W.clone()), nn.Parameter(b.clone())

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        so_far = x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1, device=x.device)[:, None]
        return x + torch.tanh(so_far @ self.W + self.b)


class _Adds(nn.Module):
    """A block that adds a fixed update, taken from a real model's block on certain prompts."""

    update: Tensor

    def __init__(self, update: Float[Tensor, "batch seq d_model"]):
        super().__init__()
        self.register_buffer("update", update.clone())

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        return x + self.update


class _Norm(nn.Module):
    def __init__(self, gain: Float[Tensor, "d_model"], bias: Float[Tensor, "d_model"]):
        super().__init__()
        self.gain, self.bias = nn.Parameter(gain.clone()), nn.Parameter(bias.clone())

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        return F.layer_norm(x, self.gain.shape, self.gain, self.bias)


class _Scores(nn.Module):
    def __init__(self, embed: TokenTable):
        super().__init__()
        self.embed = embed

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_vocab"]:
        return F.linear(x, self.embed.W_E)
