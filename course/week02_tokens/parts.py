"""The course's own parts from week 1: what week 2 builds on.

Written by `course build` from the earlier weeks' solutions; what you change here, the next build undoes.
To build on a part that you wrote yourself, put a line like this one below the notebook's imports:

    from utils.own_parts import top_next_tokens

Grading takes the parts of this file all the same, so that no mistake is paid for twice.
"""

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Int
from torch import Tensor

__all__ = [
    "cosine_similarity",
    "cross_entropy",
    "log_softmax",
    "merge_heads",
    "softmax",
    "split_heads",
    "top_next_tokens",
]


# Week 1: Everything is a vector


def cosine_similarity(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """The cosine of the angle between each vector of a (row) and each vector of b (column).

    A vector of length 0 has similarity 0 with every other.
    """
    a_directions = a / a.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    b_directions = b / b.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    return einsum(a_directions, b_directions, "n d, m d -> n m")


def split_heads(
    q: Float[Tensor, "batch seq d_model"], n_heads: int
) -> Float[Tensor, "batch n_heads seq d_head"]:
    """The queries (or keys, or values) of each head: head 0 has the first d_head = d_model / n_heads numbers."""
    return rearrange(q, "batch seq (n_heads d_head) -> batch n_heads seq d_head", n_heads=n_heads)


def merge_heads(z: Float[Tensor, "batch n_heads seq d_head"]) -> Float[Tensor, "batch seq d_model"]:
    """The heads' vectors side by side in one vector for each token: the inverse of split_heads."""
    return rearrange(z, "batch n_heads seq d_head -> batch seq (n_heads d_head)")


def softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """Numbers from 0 to 1 that add up to 1 along `dim`: e to the power of each, over the sum of those powers.

    Numbers of ±10,000 are fine, and −inf gives 0. Shape and dtype are the input's.
    """
    powers = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return powers / powers.sum(dim=dim, keepdim=True)


def log_softmax(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    """The natural logarithms of the probabilities that softmax gives along `dim`.

    Finite numbers give finite results, also when they differ by 20,000; −inf stays −inf.
    """
    shifted = x - x.amax(dim=dim, keepdim=True)
    return shifted - torch.log(torch.exp(shifted).sum(dim=dim, keepdim=True))


def cross_entropy(logits: Float[Tensor, "... d_vocab"], targets: Int[Tensor, "..."]) -> Float[Tensor, ""]:
    """The mean surprisal of the targets: minus their log-probabilities, averaged over all of them.

    targets[i, j] is the id that came where logits[i, j] made the prediction; nothing is shifted here.
    """
    log_probabilities = log_softmax(logits, dim=-1)
    of_targets = log_probabilities.gather(-1, targets[..., None])
    return -of_targets.mean()


def top_next_tokens(
    logits: Float[Tensor, "batch seq d_vocab"], k: int
) -> tuple[Float[Tensor, "batch k"], Int[Tensor, "batch k"]]:
    """The k most likely tokens after each prompt: their probabilities and their ids, the most likely first."""
    probabilities = softmax(logits[:, -1], dim=-1)
    top = probabilities.topk(k, dim=-1)
    return top.values, top.indices
