"""The answer key of `attention_scores_einsum`: torch's fused batch product."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week01_vectors as checks


def _expected_scores(*, q, k):
    flat = torch.bmm(q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2))
    return flat.unflatten(0, q.shape[:2])


ANSWER_KEY = AnswerKey(
    check=checks.attention_scores_einsum,
    expected=_expected_scores,
    reference="torch",
)
