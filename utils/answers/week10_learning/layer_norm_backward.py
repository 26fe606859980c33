"""The answer key of `layer_norm_backward`: autograd through torch's layer_norm, in float64."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _expected(*, grad_out, x, gain, eps):
    def norm(x, gain, bias):
        return F.layer_norm(x, gain.shape, gain, bias, eps)

    return gradients(norm, [x, gain, torch.zeros_like(gain)], grad_out)


ANSWER_KEY = AnswerKey(
    check=checks.layer_norm_backward,
    expected=_expected,
    outputs=("grad_x", "grad_gain", "grad_bias"),
    reference="torch's autograd in float64",
)
