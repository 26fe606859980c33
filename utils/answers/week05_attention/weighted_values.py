"""The answer key of `weighted_values`: torch's batch product in float64."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week05_attention as checks


def _expected_values(pattern, v):
    lead = pattern.shape[:-2]
    z = torch.bmm(pattern.reshape(-1, *pattern.shape[-2:]).double(), v.reshape(-1, *v.shape[-2:]).double())
    return z.float().reshape(*lead, *z.shape[-2:])


def _products(pattern, v):
    """[*lead query key d_head]: every value times its weight, before the sum over the keys."""
    return pattern.unsqueeze(-1) * v.unsqueeze(-3)


ANSWER_KEY = AnswerKey(
    check=checks.weighted_values,
    expected=_expected_values,
    reference="a matrix product in float64",
    mistakes=(
        Mistake(
            "pattern transposed",
            "the pattern's columns are used as the weights, not its rows",
            "row = query: one query's weights lie along the key axis",
            lambda pattern, v: pattern.transpose(-1, -2).matmul(v),
        ),
        Mistake(
            "mean instead of sum",
            "the weighted values are averaged over the keys",
            "the weights add up to 1 already: their sum is the average",
            lambda pattern, v: _products(pattern, v).mean(-2),
        ),
        Mistake(
            "weights ignored",
            "every query gets the plain mean of the values",
            "where does the pattern come in?",
            lambda pattern, v: v.mean(-2, keepdim=True).expand(*pattern.shape[:-1], v.shape[-1]),
        ),
        Mistake(
            "only the strongest key",
            "each query reads its strongest key alone",
            "attention blends: no argmax",
            lambda pattern, v: _products(pattern, v).gather(
                -2, pattern.argmax(-1)[..., None, None].expand(*pattern.shape[:-1], 1, v.shape[-1])
            )[..., 0, :],
        ),
        Mistake(
            "strongest value unweighted",
            "each query copies the value of its strongest key",
            "attention blends: no argmax",
            lambda pattern, v: (
                v.unsqueeze(-3)
                .expand(*pattern.shape, v.shape[-1])
                .gather(-2, pattern.argmax(-1)[..., None, None].expand(*pattern.shape[:-1], 1, v.shape[-1]))[
                    ..., 0, :
                ]
            ),
        ),
        Mistake(
            "summed over the queries",
            "the sum runs over the queries, so that each key has one result",
            "which letter disappears to the right of the arrow?",
            lambda pattern, v: _products(pattern, v).sum(-3),
        ),
        Mistake(
            "summed over d_head",
            "the values' own axis has been summed away",
            "which letter disappears to the right of the arrow?",
            lambda pattern, v: _products(pattern, v).sum(-1),
        ),
        Mistake(
            "not summed",
            "the sum over the keys is missing: every weighted value is still there",
            "which letter disappears to the right of the arrow?",
            _products,
        ),
        Mistake(
            "heads or batch summed",
            "the first axis has been summed away",
            "an axis that is not summed stands on both sides of the arrow",
            lambda pattern, v: pattern.matmul(v).sum(0),
        ),
        Mistake(
            "softmax again",
            "the pattern goes through another softmax first",
            "the pattern's rows add up to 1 already",
            lambda pattern, v: pattern.softmax(-1).matmul(v),
        ),
        Mistake(
            "values masked as well",
            "the pattern's upper right corner is cut off here",
            "the mask has done its work before the softmax; here everything counts",
            lambda pattern, v: pattern.tril().matmul(v),
        ),
    ),
)
