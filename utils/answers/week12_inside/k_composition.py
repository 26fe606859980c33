"""The answer key of `k_composition`: torch's matrix norms (Elhage et al., 2021, section "Two-layer")."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week12_inside as checks


def _expected_composition(*, W_V, W_O, W_Q, W_K):
    asks, writes = torch.linalg.multi_dot([W_Q, W_K.T]), torch.linalg.multi_dot([W_V, W_O])
    together = torch.nn.functional.linear(asks, writes)
    return _ratio(together, asks, writes)


def _ratio(joined, one, other, norm=torch.linalg.matrix_norm):
    return (norm(joined) / norm(one) / norm(other)).item()


ANSWER_KEY = AnswerKey(
    check=checks.k_composition,
    expected=_expected_composition,
    reference="torch's matrix norms",
)
