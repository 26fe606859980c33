"""The answer key of `triu`: torch.triu."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week01_vectors as checks


def _expected_triu(*, x):
    return {"result": torch.triu(x), "more steps for longer inputs": False}


ANSWER_KEY = AnswerKey(
    check=checks.triu,
    expected=_expected_triu,
    reference="torch.triu",
    tolerance=EXACT,
)
