"""The answer key of `attention_scores`: torch's fused batch product."""

import math

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.answers.week05_attention._pieces import dots
from utils.checks import week05_attention as checks

_LARGE = Tolerance(1e-4, 1e-4, "float32 holds 7 digits, and scores of long vectors reach several hundred")


def _expected_scores(q, k):
    """torch's fused batch product, with the scale where HF's own fused path has it."""
    batches = q.reshape(-1, *q.shape[-2:]), k.reshape(-1, *k.shape[-2:]).transpose(1, 2)
    zero = torch.zeros(())
    scores = torch.baddbmm(zero, *batches, beta=0, alpha=q.shape[-1] ** -0.5)
    return scores.reshape(*q.shape[:-1], k.shape[-2])


ANSWER_KEY = AnswerKey(
    check=checks.attention_scores,
    expected=_expected_scores,
    tolerance=_LARGE,
    mistakes=(
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head",
            "what keeps the scores of long vectors small?",
            dots,
        ),
        Mistake(
            "divided by d_head",
            "the scores are divided by d_head, not by its root",
            "a sum of d_head products of order 1 has a standard deviation of √d_head",
            lambda q, k: dots(q, k) / q.shape[-1],
        ),
        Mistake(
            "multiplied by √d_head",
            "the scores are multiplied by √d_head",
            "should the scale make long vectors' scores larger or smaller?",
            lambda q, k: dots(q, k) * math.sqrt(q.shape[-1]),
        ),
        Mistake(
            "scaled by the number of keys",
            "the scores are divided by the root of the number of keys",
            "which axis is summed over: that one's size sets the scale",
            lambda q, k: dots(q, k) / math.sqrt(k.shape[-2]),
        ),
        Mistake(
            "scaled by the number of queries",
            "the scores are divided by the root of the number of queries",
            "q.shape[-2] is not d_head",
            lambda q, k: dots(q, k) / math.sqrt(q.shape[-2]),
        ),
        Mistake(
            "scaled by the second axis",
            "the scores are divided by the root of the second axis, the heads or the queries",
            "q.shape[1] is not d_head: count axes from the end",
            lambda q, k: dots(q, k) / math.sqrt(q.shape[1]),
        ),
        Mistake(
            "scaled by the third axis",
            "the scores are divided by the root of the third axis, which is d_head only without heads",
            "q.shape[2] is not always d_head: count axes from the end",
            lambda q, k: dots(q, k) / math.sqrt(q.shape[2]),
        ),
        Mistake(
            "key and query swapped",
            "rows are keys and columns are queries",
            "which index is the query and which the key: row = query",
            lambda q, k: (dots(q, k) / math.sqrt(q.shape[-1])).transpose(-1, -2),
        ),
        Mistake(
            "cosine similarity",
            "q and k are brought to length 1 first, which makes a cosine similarity",
            "how long a query is matters too: it says how sharply it asks",
            lambda q, k: dots(F.normalize(q, dim=-1), F.normalize(k, dim=-1)),
        ),
        Mistake(
            "softmax already",
            "the result has been through a softmax",
            "scores are any numbers; the softmax comes after the mask",
            lambda q, k: (dots(q, k) / math.sqrt(q.shape[-1])).softmax(-1),
        ),
        Mistake(
            "absolute values",
            "the scores have lost their sign",
            "a negative score says that the key is the opposite of what is asked for",
            lambda q, k: (dots(q, k) / math.sqrt(q.shape[-1])).abs(),
        ),
        Mistake(
            "summed over heads or batch",
            "the first axis has been summed away",
            "which letters must come back on the right of the arrow?",
            lambda q, k: (dots(q, k) / math.sqrt(q.shape[-1])).sum(0),
        ),
    ),
)
