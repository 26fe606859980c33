"""The answer key of `attention_scores_einsum`: torch's fused batch product."""

import math

import torch
from einops import einsum
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week01_vectors._pieces import shares
from utils.checks import week01_vectors as checks


def _expected_scores(q, k):
    flat = torch.bmm(q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2))
    return flat.unflatten(0, q.shape[:2])


def _dots(q, k):
    return (q.unsqueeze(-2) * k.unsqueeze(-3)).sum(-1)


ANSWER_KEY = AnswerKey(
    check=checks.attention_scores_einsum,
    expected=_expected_scores,
    reference="torch",
    mistakes=(
        Mistake(
            "key and query swapped",
            "rows are keys and columns are queries",
            "the order of the names behind the arrow: query comes before key",
            lambda q, k: _dots(q, k).transpose(-1, -2),
        ),
        Mistake(
            "one name for both positions",
            "each query is compared only with the key at its own position",
            "query and key are two axes: they need two names",
            lambda q, k: einsum(q, k, "b h position d, b h position d -> b h position"),
        ),
        Mistake(
            "summed over the heads",
            "the heads have been added up",
            "a name that is missing behind the arrow is summed: which ones are there?",
            lambda q, k: _dots(q, k).sum(1),
        ),
        Mistake(
            "summed over the batch",
            "the prompts of the batch have been added up",
            "a name that is missing behind the arrow is summed: which ones are there?",
            lambda q, k: _dots(q, k).sum(0),
        ),
        Mistake(
            "not summed",
            "the products are there, but they are not added up over d_head",
            "a name that still stands behind the arrow is not summed",
            lambda q, k: q.unsqueeze(-2) * k.unsqueeze(-3),
        ),
        Mistake(
            "every head with every head",
            "each head's queries are compared with the keys of all heads",
            "q and k share the head axis: it has one name in both patterns",
            lambda q, k: _dots(q, k.sum(1, keepdim=True)),
        ),
        Mistake(
            "every prompt with every prompt",
            "each prompt's queries are compared with the keys of all prompts",
            "q and k share the batch axis: it has one name in both patterns",
            lambda q, k: _dots(q, k.sum(0, keepdim=True)),
        ),
        Mistake(
            "scaled",
            "the scores are divided by √d_head",
            "GPT-2 does this, and you will in week 5; here it is the plain dot product",
            lambda q, k: _dots(q, k) / math.sqrt(q.shape[-1]),
        ),
        Mistake(
            "cosine similarities",
            "the vectors are brought to length 1 first",
            "the plain dot product: nothing is divided",
            lambda q, k: _dots(F.normalize(q, dim=-1), F.normalize(k, dim=-1)),
        ),
        Mistake(
            "softmax already",
            "the scores have been through a softmax",
            "scores are any numbers; the shares come later",
            lambda q, k: shares(_dots(q, k)),
        ),
        Mistake(
            "heads behind the positions",
            "the head axis stands behind query",
            "the order of the names behind the arrow: batch n_heads query key",
            lambda q, k: _dots(q, k).transpose(1, 2),
        ),
        Mistake(
            "summed over the positions",
            "what is summed is the position axis: each number of a query meets each number of a key",
            "which name is missing behind the arrow: d_head, or a position?",
            lambda q, k: q.sum(-2).unsqueeze(-1) * k.sum(-2).unsqueeze(-2),
        ),
    ),
)
