"""The answer key of `lr_schedule`: torch's LinearLR, then its CosineAnnealingLR."""

import torch
from torch.optim import lr_scheduler

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week10_learning as checks


def _expected(*, warmup_steps, total_steps, max_lr, min_lr):
    rest = total_steps - warmup_steps
    rising = _rates(max_lr, warmup_steps, lambda it: lr_scheduler.LinearLR(
        it, start_factor=1 / max(warmup_steps, 1), total_iters=max(warmup_steps - 1, 1)
    ))  # fmt: skip
    falling = _rates(max_lr, rest + 1, lambda it: lr_scheduler.CosineAnnealingLR(it, rest, eta_min=min_lr))
    rates = [*rising, *falling[1:], *[min_lr] * 3]
    return {f"step {step}": rate for step, rate in enumerate(rates)}


def _rates(first, count, scheduler_of):
    """The first `count` rates of a scheduler that begins at `first`."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=first)
    scheduler, rates = scheduler_of(optimizer), []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


ANSWER_KEY = AnswerKey(
    check=checks.lr_schedule,
    expected=_expected,
    reference="torch's schedulers",
    tolerance=Tolerance(1e-6, 1e-10, "a rate is computed in float64, in a few operations"),
)
