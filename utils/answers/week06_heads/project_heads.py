"""The answer key of `project_heads`: torch's linear layer, one head after the other."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.checks import week06_heads as checks


def _expected_projection(*, x, W, b):
    heads = [F.linear(x.double(), W[head].mT.double(), b[head].double()) for head in range(len(W))]
    return torch.stack(heads, dim=1).float()


ANSWER_KEY = AnswerKey(
    check=checks.project_heads,
    expected=_expected_projection,
    reference="torch's linear layer, head by head",
)
