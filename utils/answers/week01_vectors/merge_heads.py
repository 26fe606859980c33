"""The answer key of `merge_heads`: torch's cat over the heads."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week01_vectors as checks


def _expected_merged(*, z):
    return torch.cat(z.unbind(1), dim=-1)


ANSWER_KEY = AnswerKey(
    check=checks.merge_heads,
    expected=_expected_merged,
    reference="torch",
    tolerance=EXACT,
)
