"""The answer key of `linear_backward`: autograd through torch's linear layer, in float64."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _expected(*, grad_out, x, W):
    bias = torch.zeros(W.shape[1], dtype=W.dtype)
    return gradients(lambda x, W, b: F.linear(x, W.mT, b), [x, W, bias], grad_out)


ANSWER_KEY = AnswerKey(
    check=checks.linear_backward,
    expected=_expected,
    outputs=("grad_x", "grad_W", "grad_b"),
    reference="torch's autograd in float64",
)
