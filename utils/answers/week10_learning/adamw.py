"""The answer key of `AdamW`: torch's own, step by step."""

from typing import Any

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey
from utils.checks import week10_learning as checks


def _expected(*, weights, gradients, groups, lrs, settings, reload):
    parameters = [nn.Parameter(weight.clone()) for weight in weights]
    named = [
        {"params": [parameters[i] for i in group["members"]], "weight_decay": group["weight_decay"]}
        for group in groups
    ]
    optimizer = torch.optim.AdamW(named, lr=lrs[0], **settings)
    seen: dict[str, Any] = {}
    for number, (lr, given) in enumerate(zip(lrs, gradients, strict=True), start=1):
        for group in optimizer.param_groups:
            group["lr"] = lr
        for parameter, gradient in zip(parameters, given, strict=True):
            parameter.grad = None if gradient is None else gradient.clone()
        optimizer.step()
        if number in (1, 2, len(gradients) // 2, len(gradients)):
            seen[f"parameters after step {number}"] = [each.detach().clone() for each in parameters]
            seen[f"gradients after step {number}"] = ["none" if each is None else each for each in given]
    return {**seen, "gradients of a backward() after zero_grad": weights}


ANSWER_KEY = AnswerKey(
    check=checks.AdamW,
    expected=_expected,
    reference="torch.optim.AdamW",
)
