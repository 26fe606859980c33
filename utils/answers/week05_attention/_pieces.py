"""Steps of attention that the week's mistakes are built from."""

import math

import torch


def dots(q, k):
    return (q.unsqueeze(-2) * k.unsqueeze(-3)).sum(-1)


def hidden(scores, diagonal=1):
    """True above the diagonal: the future, when queries are the last positions."""
    query, key = scores.shape[-2:]
    return torch.ones(query, key, dtype=torch.bool, device=scores.device).triu(key - query + diagonal)


def put(scores, hidden, value=-torch.inf):
    return torch.where(hidden, torch.full_like(scores, value), scores)


def top_left(scores):
    return torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)


def own_key(scores):
    """True where the key is the query's own position."""
    return hidden(scores, diagonal=0) & ~hidden(scores)


def scaled(q, k):
    return dots(q, k) / math.sqrt(q.shape[-1])


def pattern_of(scores):
    return put(scores, hidden(scores)).softmax(-1)
