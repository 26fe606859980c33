"""The answer key of `Trainer`: torch's AdamW, torch's clipping and torch's learning rate schedulers."""

import functools
from collections.abc import Callable

import torch
from torch.optim import lr_scheduler

from utils.answers.answer_key import AnswerKey
from utils.answers.week11_training._pieces import draw_batch, learn, torch_adamw, windows
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel
from utils.training import TrainingSettings


def _expected(*, weights, tokens, settings, rounds):
    model, chosen = SmallModel(weights), TrainingSettings(**settings)
    optimizer = torch_adamw(model, chosen.max_lr, chosen.weight_decay, chosen.betas)
    rates = planned_rates(chosen, sum(rounds))
    generator = torch.Generator().manual_seed(chosen.seed)
    places = windows(tokens, chosen.end_of_text, chosen.seq)
    losses = []
    for rate in rates:
        for group in optimizer.param_groups:
            group["lr"] = rate
        batches = [
            draw_batch(tokens, places, chosen.batch_size, chosen.seq, generator)
            for _ in range(chosen.accumulate)
        ]
        losses.append(learn(model, optimizer, batches, chosen.max_norm))
    return {
        "steps at each call of watch": list(range(1, len(rates) + 1)),
        "learning rates": rates,
        "losses": losses,
        "step": len(rates),
        "weights": model.numbers(),
    }


@functools.cache
def planned_rates(settings: TrainingSettings, n_steps: int) -> list[float]:
    """Return the learning rates of the first steps: torch's LinearLR, CosineAnnealingLR, and min_lr."""
    rising = _rates(
        settings.max_lr,
        settings.warmup_steps,
        lambda it: lr_scheduler.LinearLR(
            it, start_factor=1 / max(settings.warmup_steps, 1), total_iters=max(settings.warmup_steps - 1, 1)
        ),
    )
    falling = _rates(
        settings.max_lr,
        settings.total_steps - settings.warmup_steps + 1,
        lambda it: lr_scheduler.CosineAnnealingLR(
            it, T_max=settings.total_steps - settings.warmup_steps, eta_min=settings.min_lr
        ),
    )
    return [*rising, *falling[1:], *[settings.min_lr] * n_steps][:n_steps]


def _rates(
    first: float,
    count: int,
    scheduler_of: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler],
) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=first)
    scheduler, rates = scheduler_of(optimizer), []
    for _ in range(count):
        rates.append(float(scheduler.get_last_lr()[0]))
        optimizer.step()
        scheduler.step()
    return rates


ANSWER_KEY = AnswerKey(
    check=checks.Trainer,
    expected=_expected,
    reference="torch's AdamW and schedulers",
)
