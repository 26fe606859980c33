"""Stands in for a GPT2 where functions about models are checked: the same parts, and no GPT-2."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from utils.checks.fakes.modules import PositionTable, TokenTable
from utils.reference import ModelConfig

Weights = dict[str, Float[Tensor, "..."]]


class FakeModel(nn.Module):
    """embed, pos_embed, blocks, ln_f and unembed, as a GPT2 has them, with blocks of another kind.

    Weights: W_E and W_pos; gain and bias of ln_f; and for the blocks either W [n_layers, d_model, d_model]
    and b [n_layers, d_model], or what each of them adds: updates [n_layers, batch, seq, d_model].
    """

    def __init__(self, weights: Weights):
        super().__init__()
        self.embed, self.pos_embed = TokenTable(weights["W_E"]), PositionTable(weights["W_pos"])
        made = map(_Adds, weights["updates"]) if "updates" in weights else map(_Reads, *_of_blocks(weights))
        self.blocks = nn.ModuleList(made)
        self.ln_f = _Norm(weights["gain"], weights["bias"])
        self.unembed = _Scores(self.embed)
        d_vocab, d_model = weights["W_E"].shape
        n_ctx = len(weights["W_pos"])
        self.config = ModelConfig(d_model, 1, d_model, d_model, len(self.blocks), d_vocab, n_ctx, 1e-5)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Logits at every position."""
        x = self.embed(tokens) + self.pos_embed(tokens)
        for layer in self.blocks:
            x = layer(x)
        return self.unembed(self.ln_f(x))


def _of_blocks(weights: Weights) -> tuple[Tensor, Tensor]:
    return weights["W"], weights["b"]


class _Reads(nn.Module):
    """Adds something made from the mean of the positions so far."""

    def __init__(self, W: Float[Tensor, "d_model d_model"], b: Float[Tensor, "d_model"]):
        super().__init__()
        self.W, self.b = nn.Parameter(W.clone()), nn.Parameter(b.clone())

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        so_far = x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1, device=x.device)[:, None]
        return x + torch.tanh(so_far @ self.W + self.b)


class _Adds(nn.Module):
    """Adds what a block of a real model has added to the stream of certain prompts."""

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
