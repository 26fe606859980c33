"""Fakes of other exercises' modules, so that a mistake in one exercise fails no check of another."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

READS = ("each token by itself", "every token reads all", "every token reads those before it")
"""The kinds of `sequence_model`."""


class TokenTable(nn.Module):
    """A fake of Embed: a vector for each token."""

    def __init__(self, W_E: Float[Tensor, "d_vocab d_model"]):
        super().__init__()
        self.W_E = nn.Parameter(W_E.clone())

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """Returns the vector of each token."""
        return F.embedding(tokens, self.W_E)


class PositionTable(nn.Module):
    """A fake of PosEmbed: a vector for each position, the same in every prompt."""

    def __init__(self, W_pos: Float[Tensor, "n_ctx d_model"]):
        super().__init__()
        self.W_pos = nn.Parameter(W_pos.clone())

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """Returns the vector of each position, once for each prompt."""
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        return F.embedding(positions.expand_as(tokens), self.W_pos)


def sequence_model(
    reads: str, W_E: Float[Tensor, "d_vocab d_model"], W_pos: Float[Tensor, "n_ctx d_model"] | None
) -> Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_model"]]:
    """Returns a small model from ids to vectors.

    Args:
        reads: The kind, one of `READS`.
        W_E: The tokens' vectors.
        W_pos: The positions' vectors, which are added; None for none.
    """
    embed, pos_embed = TokenTable(W_E), PositionTable(W_pos) if W_pos is not None else None
    mix = dict(zip(READS, (_alone, _all, _earlier), strict=True))[reads]

    @torch.no_grad()
    def model(tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        x = embed(tokens)
        return mix(x if pos_embed is None else x + pos_embed(tokens))

    return model


def _alone(x: Tensor) -> Tensor:
    return F.gelu(x)


def _all(x: Tensor) -> Tensor:
    shares = torch.bmm(x, x.mT).softmax(dim=-1)
    return torch.bmm(shares, x)


def _earlier(x: Tensor) -> Tensor:
    return x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1)[:, None]
