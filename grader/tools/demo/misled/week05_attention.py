"""Wrong answers for week 5, with one mistake in each function."""

import math

import torch


def project_qkv(x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    # The biases are forgotten.
    return x @ W_Q, x @ W_K, x @ W_V


def attention_scores(q, k):
    # The root is forgotten.
    return q @ k.transpose(-2, -1) / q.shape[-1]


def causal_mask(scores):
    # tril hides the past; triu would hide the future.
    earlier = scores.shape[-1] - scores.shape[-2]
    hidden = torch.ones_like(scores).tril(earlier - 1) == 1
    return torch.where(hidden, -torch.inf, scores)


def attention_pattern(q, k):
    # All in one go, and right up to the softmax, which runs over the queries.
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    seen = torch.ones_like(scores).tril(k.shape[-2] - q.shape[-2]) == 1
    return torch.softmax(torch.where(seen, scores, -torch.inf), dim=-2)


def weighted_values(pattern, v):
    # The pattern is turned round, which also fits when there are as many queries as keys.
    return pattern.transpose(-2, -1) @ v


def attention_by_loops(q, k, v):
    # range(i) ends before the query's own position, so that the first query finds nothing to read.
    z = torch.zeros_like(v)
    for i in range(1, len(q)):
        matches = torch.stack([(q[i] * k[j]).sum() for j in range(i)]) / math.sqrt(q.shape[-1])
        powers = torch.exp(matches - matches.max())
        for j in range(i):
            z[i] += powers[j] / powers.sum() * v[j]
    return z
