"""The answer key of `cumsum`: torch.cumsum."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week01_vectors as checks


def _expected_cumsum(*, x):
    return {"result": torch.cumsum(x, dim=0), "more steps for longer inputs": False}


ANSWER_KEY = AnswerKey(
    check=checks.cumsum,
    expected=_expected_cumsum,
    reference="torch.cumsum",
)
