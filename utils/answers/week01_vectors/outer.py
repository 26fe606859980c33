"""The answer key of `outer`: torch.outer."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week01_vectors as checks


def _expected_outer(*, a, b):
    return {"result": torch.outer(a, b), "more steps for longer inputs": False}


ANSWER_KEY = AnswerKey(
    check=checks.outer,
    expected=_expected_outer,
    reference="torch.outer",
)
