"""The answer key of `attention_by_loops`: HF's eager attention."""

import math

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.answers.oracles.hf_attention import attend
from utils.checks import week05_attention as checks


def _expected_loops(q, k, v):
    return attend(q, k, v)[0]


def _shares(scores):
    weights = (scores - scores.max()).exp() if len(scores) else scores
    return weights / weights.sum()


def _by_hand(q, k, v, seen=lambda i: i + 1, scale=math.sqrt, weigh=_shares):
    """Attention, one query at a time; each mistake replaces one of the three functions."""
    rows = []
    for i in range(len(q)):
        weights = weigh((k[: seen(i)] * q[i]).sum(-1) / scale(q.shape[-1]))
        rows.append((weights[:, None] * v[: seen(i)]).sum(0))
    return torch.stack(rows)


def _last_value_only(q, k, v):
    rows = []
    for i in range(len(q)):
        shares = _shares((k[: i + 1] * q[i]).sum(-1) / math.sqrt(q.shape[-1]))
        rows.append(shares[-1] * v[i])
    return torch.stack(rows)


_LARGE = Tolerance(1e-3, 1e-3, "float32 knows a score of 3,000 to within 1e-4, and the shares hang on scores")

ANSWER_KEY = AnswerKey(
    check=checks.attention_by_loops,
    expected=_expected_loops,
    tolerance=_LARGE,
    mistakes=(
        Mistake(
            "own position left out",
            "each query reads the keys before it, but not its own",
            "range(i) ends before i",
            lambda q, k, v: _by_hand(q, k, v, seen=lambda i: i),
        ),
        Mistake(
            "whole sequence read",
            "each query reads the future as well",
            "how far does the inner loop run?",
            lambda q, k, v: _by_hand(q, k, v, seen=lambda i: len(k)),
        ),
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head",
            "what does attention_scores do beside the dot product?",
            lambda q, k, v: _by_hand(q, k, v, scale=lambda d_head: 1.0),
        ),
        Mistake(
            "exp overflows",
            "e to the power of a large score is inf, and inf/inf is NaN",
            "subtract the largest score first: the shares stay the same",
            lambda q, k, v: _by_hand(q, k, v, weigh=lambda scores: scores.exp() / scores.exp().sum()),
        ),
        Mistake(
            "not normalised",
            "the weights do not add up to 1",
            "divide by the sum of the exponentials",
            lambda q, k, v: _by_hand(q, k, v, weigh=lambda scores: (scores - scores.max()).exp()),
        ),
        Mistake(
            "scores as weights",
            "the scores are used as weights, without a softmax",
            "a score may be negative, a share may not",
            lambda q, k, v: _by_hand(q, k, v, weigh=lambda scores: scores),
        ),
        Mistake(
            "keys read instead of values",
            "the weights blend the keys",
            "which vectors does the sum run over?",
            lambda q, k, v: _by_hand(q, k, k),
        ),
        Mistake(
            "last value only",
            "the sum is overwritten in each round, so that the last key's share is all that is left",
            "= or += ?",
            _last_value_only,
        ),
    ),
)
