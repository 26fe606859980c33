"""The answer key of `sgd_momentum`: torch's own SGD."""

from typing import Any

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey
from utils.checks import week10_learning as checks


def _expected(*, weights, gradients, lrs, momentum):
    parameters = [nn.Parameter(weight.clone()) for weight in weights]
    optimizer = torch.optim.SGD(parameters, lr=lrs[0], momentum=momentum)
    seen: dict[str, Any] = {}
    for number, (lr, given) in enumerate(zip(lrs, gradients, strict=True), start=1):
        optimizer.param_groups[0]["lr"] = lr
        for parameter, gradient in zip(parameters, given, strict=True):
            parameter.grad = None if gradient is None else gradient.clone()
        optimizer.step()
        seen[f"parameters after step {number}"] = [each.detach().clone() for each in parameters]
        seen[f"gradients after step {number}"] = ["none" if each is None else each for each in given]
    return seen


ANSWER_KEY = AnswerKey(
    check=checks.sgd_momentum,
    expected=_expected,
    reference="torch.optim.SGD",
)
