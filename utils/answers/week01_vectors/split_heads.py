"""The answer key of `split_heads`: torch's chunks, one after the other."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week01_vectors as checks


def _expected_heads(*, q, n_heads):
    return torch.stack(q.chunk(n_heads, dim=-1), dim=1)


ANSWER_KEY = AnswerKey(
    check=checks.split_heads,
    expected=_expected_heads,
    reference="torch",
    tolerance=EXACT,
)
