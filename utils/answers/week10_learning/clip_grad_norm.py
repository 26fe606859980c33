"""The answer key of `clip_grad_norm`: torch's own."""

from torch import nn

from utils.answers.answer_key import AnswerKey
from utils.checks import week10_learning as checks


def _expected(*, weights, gradients, max_norm, listed):
    parameters = [nn.Parameter(weight.clone()) for weight in weights]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = None if gradient is None else gradient.clone()
    norm = nn.utils.clip_grad_norm_(parameters, max_norm).item()
    clipped = ["none" if parameter.grad is None else parameter.grad for parameter in parameters]
    return {"norm before": norm, "gradients": clipped, "parameters afterwards": weights}


ANSWER_KEY = AnswerKey(
    check=checks.clip_grad_norm,
    expected=_expected,
    reference="torch's clip_grad_norm_",
)
