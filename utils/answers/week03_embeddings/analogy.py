"""The answer key of `analogy`: arithmetic in float64 and torch's cosine similarity, sorted."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.week03_embeddings._ranks import cosines, ranked, without
from utils.checks import week03_embeddings as checks


def _target(W_E, start, minus, plus):
    row = W_E.double().__getitem__
    return torch.stack([row(start), -row(minus), row(plus)]).sum(0)


def _expected_analogy(*, W_E, start, minus, plus, k):
    return ranked(without(cosines(W_E, _target(W_E, start, minus, plus)), (start, minus, plus)), k)


ANSWER_KEY = AnswerKey(
    check=checks.analogy,
    expected=_expected_analogy,
    reference="torch's cosine similarity",
    outputs=("ids", "similarities"),
)
