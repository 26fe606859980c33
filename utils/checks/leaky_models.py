"""Small models from tokens to logits, some of which look into the future: for whoever hunts for leaks."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

Mix = Callable[[Float[Tensor, "batch seq d_model"]], Float[Tensor, "batch seq d_model"]]


def _so_far(x: Tensor) -> Tensor:
    return x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1, dtype=x.dtype)[:, None]


def _after(x: Tensor) -> Tensor:
    """Each position's next vector; the last position has none and keeps its own."""
    return torch.cat([x[:, 1:], x[:, -1:]], dim=1)


def _before(x: Tensor) -> Tensor:
    return torch.cat([x[:, :1], x[:, :-1]], dim=1)


def _loudness(x: Tensor) -> Tensor:
    """A number from −1 to 1 for each position. All logits times one such number keep their order."""
    return torch.tanh(x.sum(dim=-1, keepdim=True))


def _one_reads(reader: int, source: int) -> Mix:
    """A single position reads a single other one; a negative place counts from the end."""

    def mix(x: Tensor) -> Tensor:
        seq = x.shape[1]
        at, of = (min(max(place % seq, 0), seq - 1) for place in (reader, source))
        read = _so_far(x).clone()
        if of > at:
            read[:, at] += x[:, of]
        return read

    return mix


def _in_the_last_prompt(x: Tensor) -> Tensor:
    read = _so_far(x).clone()
    read[-1] += _after(x)[-1]
    return read


def _normalised_over_positions(x: Tensor) -> Tensor:
    variance, mean = torch.var_mean(x, dim=1, correction=0, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()


MIXES: dict[str, Mix] = {
    "each position by itself": torch.tanh,
    "the mean of the positions so far": _so_far,
    "the position before": lambda x: x + _before(x),
    "the first position, from everywhere": lambda x: x + x[:, :1],
    "logits that are always the same": lambda x: torch.ones_like(x),
    "rounding that depends on the prompt's length": lambda x: (x.float() + x.shape[1]).double() - x.shape[1],
    "the mean of all positions": lambda x: x + x.mean(dim=1, keepdim=True),
    "the next position": lambda x: _so_far(x) + _after(x),
    "the next position and nothing else": lambda x: x + _after(x),
    "the next position, a hundredth of it": lambda x: _so_far(x) + 0.01 * _after(x),
    "the next position, which makes logits louder": lambda x: _so_far(x) * (1.5 + _loudness(_after(x))),
    "the last position, read from the first": _one_reads(0, -1),
    "the last position, read from the one before it": _one_reads(-2, -1),
    "the second position, read from the first": _one_reads(0, 1),
    "the third position, read from the second": _one_reads(1, 2),
    "the next position, in the last prompt only": _in_the_last_prompt,
    "numbers normalised over the positions": _normalised_over_positions,
}
"""What each position's vector is made of, in float64. The first six never look ahead."""
CAUSAL = tuple(MIXES)[:6]
"""Those that never look ahead."""


def leaky_model(
    kind: str, W_E: Float[Tensor, "d_vocab d_model"], W_pos: Float[Tensor, "n_ctx d_model"]
) -> Callable[[Int[Tensor, "batch seq"]], Float[Tensor, "batch seq d_vocab"]]:
    """The model of that kind, one of `MIXES`; for prompts of up to n_ctx tokens.

    It counts in float64 and answers in float32, so that what should be equal is equal but for a last digit.
    """

    @torch.no_grad()
    def model(tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        x = F.embedding(tokens, W_E.double()) + W_pos[: tokens.shape[1]].double()
        return F.linear(MIXES[kind](x), W_E.double()).float()

    return model
