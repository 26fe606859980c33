"""An induction circuit made by hand: two layers of attention whose weights are written down, not trained.

Olsson et al., 2022, "In-context Learning and Induction Heads", found this circuit in trained models. In the
first layer one head attends to the previous token and copies it. In the second layer one head attends to the
token after an earlier occurrence of its own token and predicts it as the next. Each layer has a second head,
which attends to the first token and writes nothing.

The residual stream has four parts, each with one dimension per token or per position, so that it can be read:

    token | position | previous token | next token
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

MARGIN = 10.0
"""The score of a match minus every other score: its weight is e^10 = 22,026 times theirs."""


@dataclass(frozen=True)
class InductionCircuit:
    """The weights of the circuit, and both ends of its residual stream; the caller supplies the attention."""

    d_vocab: int
    n_ctx: int
    layers: tuple[dict[str, Float[Tensor, "..."]], ...]
    """For each layer W_Q, W_K, W_V [n_heads, d_model, d_head], b_Q, b_K, b_V [n_heads, d_head], W_O [n_heads,
    d_head, d_model] and b_O [d_model].
    """

    def embed(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_model"]:
        """Return the start of the residual stream: a 1 in the token's dimension and in the position's."""
        resid = torch.zeros(*tokens.shape, len(self.layers[0]["b_O"]))
        resid.scatter_(-1, tokens[..., None], 1.0)
        resid[..., self.d_vocab : self.d_vocab + self.n_ctx] += torch.eye(self.n_ctx)[: tokens.shape[1]]
        return resid

    def predict(self, resid: Float[Tensor, "batch seq d_model"]) -> Int[Tensor, "batch seq"]:
        """Return the next token, which the last part of the stream encodes."""
        return resid[..., -self.d_vocab :].argmax(dim=-1)


def induction_circuit(d_vocab: int, n_ctx: int) -> InductionCircuit:
    """Return the circuit for d_vocab tokens and up to n_ctx positions. Head 0 of each layer does the work."""
    token, position, previous, following = _parts(d_vocab, n_ctx)
    sharp = MARGIN * token.shape[1] ** 0.5  # attention divides by √d_head
    # The key of position j matches the query of position j + 1; no query matches the last position.
    one_later = torch.roll(position, 1, dims=1)
    one_later[:, 0] = 0.0
    copies_previous = (sharp * position, one_later, token, previous.T)
    # The first position has no previous token: what its head copied must match no query.
    marked = previous.clone()
    marked[d_vocab] = -1.0
    finds_successor = (sharp * token, marked, token, following.T)
    layers = (_layer(head, position, sharp) for head in (copies_previous, finds_successor))
    return InductionCircuit(d_vocab, n_ctx, tuple(layers))


def _parts(d_vocab: int, n_ctx: int) -> list[Float[Tensor, "d_model d_head"]]:
    """Return, for each part of the stream, the matrix that reads it."""
    sizes = (d_vocab, n_ctx, d_vocab, d_vocab)
    rows = torch.eye(sum(sizes)).split(sizes)
    d_head = max(sizes)
    return [torch.nn.functional.pad(part, (0, 0, 0, d_head - len(part))).T.clone() for part in rows]


def _layer(
    head: tuple[Tensor, ...], position: Float[Tensor, "d_model d_head"], sharp: float
) -> dict[str, Tensor]:
    """Return one layer: the given head (W_Q, W_K, W_V, W_O), and one that attends to position 0 only."""
    d_model, d_head = position.shape
    W_Q, W_K, W_V, W_O = head
    nothing, unbiased = torch.zeros_like(position), torch.zeros(2, d_head)
    asks_for_0 = unbiased.clone()
    asks_for_0[1, 0] = sharp
    return {
        "W_Q": torch.stack([W_Q, nothing]),
        "W_K": torch.stack([W_K, position]),
        "W_V": torch.stack([W_V, nothing]),
        "W_O": torch.stack([W_O, nothing.T]),
        "b_Q": asks_for_0,
        "b_K": unbiased,
        "b_V": unbiased,
        "b_O": torch.zeros(d_model),
    }
