"""The answer key of `roll`: torch.roll."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week01_vectors as checks


def _expected_roll(*, x, shift):
    return {"result": torch.roll(x, shift), "more steps for longer inputs": False}


ANSWER_KEY = AnswerKey(
    check=checks.roll,
    expected=_expected_roll,
    reference="torch.roll",
    tolerance=EXACT,
)
