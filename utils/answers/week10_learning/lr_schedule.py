"""The answer key of `lr_schedule`: torch's LinearLR, then its CosineAnnealingLR."""

import math

import torch
from torch.optim import lr_scheduler

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.checks import week10_learning as checks


def _expected(warmup_steps, total_steps, max_lr, min_lr):
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


def _wrong(
    rise=lambda step, warmup: (step + 1) / warmup,
    share=lambda step, warmup, total: (step + 1 - warmup) / (total - warmup),
    fall=lambda share: 0.5 + 0.5 * math.cos(share * math.pi),
    between=lambda height, high, low: low + height * (high - low),
    end=lambda share: min(share, 1.0),
    start=lambda height, high, low: height * high,
):
    """A schedule in pieces, of which each mistake replaces one."""

    def wrong(step, warmup_steps, total_steps, max_lr, min_lr):
        if step < warmup_steps:
            return start(rise(step, warmup_steps), max_lr, min_lr)
        return between(fall(end(share(step, warmup_steps, total_steps))), max_lr, min_lr)

    return wrong


def _before_the_warm_up(step, warmup_steps, total_steps, max_lr, min_lr):
    height = _wrong()(step, 0, total_steps, max_lr, min_lr)
    return height * min(1.0, (step + 1) / max(warmup_steps, 1))


def _from_one_rate(step, warmup_steps, total_steps, max_lr, min_lr):
    return _wrong()(step, 0, total_steps, max_lr, min_lr)


ANSWER_KEY = AnswerKey(
    check=checks.lr_schedule,
    expected=_expected,
    reference="torch's schedulers",
    tolerance=Tolerance(1e-6, 1e-10, "a rate is computed in float64, in a few operations"),
    mistakes=(
        Mistake(
            "0 at step 0",
            "the learning rate of step 0 is 0: the first batch is wasted, and all rates come one step late",
            "with 4 steps of warm-up, step 0 takes the first of 4 equal stairs",
            _wrong(rise=lambda step, warmup: step / warmup),
        ),
        Mistake(
            "warm-up one stair short",
            "the warm-up has one stair more than steps: its last step is still below max_lr",
            "the last step of the warm-up has max_lr itself",
            _wrong(rise=lambda step, warmup: (step + 1) / (warmup + 1)),
        ),
        Mistake(
            "no warm-up",
            "the first steps have max_lr at once",
            "what should step 0 have?",
            _wrong(rise=lambda step, warmup: 1.0),
        ),
        Mistake(
            "warm-up from min_lr",
            "the warm-up climbs from min_lr, not from 0",
            "the first stair is max_lr divided by the number of stairs",
            _wrong(start=lambda height, high, low: low + height * (high - low)),
        ),
        Mistake(
            "warm-up along a cosine",
            "the warm-up is bent; it should be a straight line",
            "equal stairs",
            _wrong(rise=lambda step, warmup: 0.5 - 0.5 * math.cos(math.pi * (step + 1) / warmup)),
        ),
        Mistake(
            "maximum twice",
            "the step after the warm-up has max_lr once more, and the last step is not down at min_lr",
            "the last step, total_steps − 1, has min_lr: count the steps of the way down",
            _wrong(share=lambda step, warmup, total: (step - warmup) / (total - warmup)),
        ),
        Mistake(
            "one step fewer on the way down",
            "the step after the warm-up has max_lr once more, and the way down is one step shorter for it",
            "how many steps are there after the warm-up, and how far does each of them go?",
            _wrong(share=lambda step, warmup, total: (step - warmup) / max(total - 1 - warmup, 1)),
        ),
        Mistake(
            "down too early",
            "min_lr is reached before the last step",
            "which step is the last: total_steps, or one before?",
            _wrong(share=lambda step, warmup, total: (step + 1 - warmup) / max(total - 1 - warmup, 1)),
        ),
        Mistake(
            "way down over all steps",
            "the cosine is stretched over all steps, so that it ends above min_lr",
            "how many steps are left after the warm-up?",
            _wrong(share=lambda step, warmup, total: (step + 1 - warmup) / total),
        ),
        Mistake(
            "way down from step 0",
            "the cosine begins at step 0: right after the warm-up there is a jump",
            "how far along the way down is the last step of the warm-up?",
            _wrong(share=lambda step, warmup, total: (step + 1) / total),
        ),
        Mistake(
            "two curves multiplied",
            "the warm-up is multiplied with a cosine that runs from step 0: max_lr is never reached",
            "one after the other, not at once",
            _before_the_warm_up,
        ),
        Mistake(
            "cosine alone",
            "there is no warm-up: the cosine runs from step 0",
            "what should step 0 have?",
            _from_one_rate,
        ),
        Mistake(
            "up again after the end",
            "after the last step the rate climbs again, as a cosine does",
            "min_lr from there on",
            _wrong(end=lambda share: share),
        ),
        Mistake(
            "0 after the end",
            "after the last step the rate is 0",
            "min_lr from there on",
            _wrong(between=lambda height, high, low: low + height * (high - low) if height > 0 else 0.0),
        ),
        Mistake(
            "down to 0",
            "the way down ends at 0, whatever min_lr is",
            "where does min_lr come in?",
            _wrong(between=lambda height, high, low: height * high),
        ),
        Mistake(
            "cut off at min_lr",
            "the cosine runs down to 0 and is cut off at min_lr, so that the end is flat",
            "half a cosine between two heights: which two?",
            _wrong(between=lambda height, high, low: max(height * high, low)),
        ),
        Mistake(
            "min_lr on top",
            "min_lr is added to the whole cosine: it begins above max_lr",
            "how far is it from min_lr to max_lr?",
            _wrong(between=lambda height, high, low: low + height * high),
        ),
        Mistake(
            "straight line down",
            "the way down is a straight line",
            "half a cosine: flat, steep, flat",
            _wrong(fall=lambda share: 1 - share),
        ),
        Mistake(
            "a quarter of a cosine",
            "the way down is a quarter of a cosine's wave, steepest at its end",
            "half a wave: from cos 0 to which angle?",
            _wrong(fall=lambda share: math.cos(share * math.pi / 2)),
        ),
        Mistake(
            "a whole wave",
            "the way down is a whole wave of the cosine: it comes up again",
            "half a wave: from cos 0 to which angle?",
            _wrong(fall=lambda share: 0.5 + 0.5 * math.cos(share * 2 * math.pi)),
        ),
        Mistake(
            "half missing",
            "1 + cos runs from 2 to 0: without its half the way down begins at twice the height",
            "from 1 down to 0",
            _wrong(fall=lambda share: 1 + math.cos(share * math.pi)),
        ),
        Mistake(
            "upside down",
            "the rate climbs after the warm-up",
            "1 + cos or 1 − cos?",
            _wrong(fall=lambda share: 0.5 - 0.5 * math.cos(share * math.pi)),
        ),
        Mistake(
            "degrees",
            "the angle is given in degrees; math.cos takes radians",
            "half a wave is π",
            _wrong(fall=lambda share: 0.5 + 0.5 * math.cos(share * 180)),
        ),
    ),
)
