"""The answer key of `Trainer`: torch's AdamW, torch's clipping and torch's learning rate schedulers."""

import functools
from collections.abc import Callable
from dataclasses import replace

import torch
from torch.optim import lr_scheduler

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week11_training._pieces import draw_batch, learn, torch_adamw, windows
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel
from utils.training import TrainingSettings


def _expected(weights, tokens, settings, rounds):
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
    """Return the learning rates of the first steps: torch's LinearLR, then its CosineAnnealingLR."""
    rising = _rates(
        settings.max_lr,
        settings.warmup_steps,
        lambda it: lr_scheduler.LinearLR(
            it, start_factor=1 / settings.warmup_steps, total_iters=max(settings.warmup_steps - 1, 1)
        ),
    )
    falling = _rates(
        settings.max_lr,
        settings.total_steps - settings.warmup_steps + 1,
        lambda it: lr_scheduler.CosineAnnealingLR(
            it, T_max=settings.total_steps - settings.warmup_steps, eta_min=settings.min_lr
        ),
    )
    return [*rising, *falling[1:]][:n_steps]


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


class _Optimizer:
    """torch's AdamW with `lr` as an attribute, as week 10's has it."""

    def __init__(self, model, settings):
        self.inner = torch_adamw(model, settings.max_lr, settings.weight_decay, settings.betas)
        self.lr = settings.max_lr

    def zero_grad(self):
        self.inner.zero_grad()

    def step(self):
        for group in self.inner.param_groups:
            group["lr"] = self.lr
        self.inner.step()


class _Trainer:
    """A trainer in pieces, of which each mistake replaces one."""

    def __init__(self, model, tokens, settings, watch=None):
        self.model, self.tokens, self.settings, self.watch = model, tokens, settings, watch
        self.step, self.losses = 0, []
        self.generator = torch.Generator()
        self.generator.manual_seed(settings.seed)
        self.optimizer = self.make_optimizer()

    def make_optimizer(self):
        return _Optimizer(self.model, self.settings)

    def rate(self, place):
        """`place` counts the steps of this call of `train`."""
        return self.planned(self.step)

    def planned(self, step):
        plan = planned_rates(self.settings, self.settings.total_steps)
        return plan[min(max(step, 0), len(plan) - 1)]

    def batch(self):
        places = windows(self.tokens, self.settings.end_of_text, self.settings.seq)
        return draw_batch(self.tokens, places, self.settings.batch_size, self.settings.seq, self.generator)

    def batches(self):
        return [self.batch() for _ in range(self.settings.accumulate)]

    def max_norm(self):
        return self.settings.max_norm

    def count(self, loss):
        self.step += 1
        self.losses.append(loss)

    def tell(self):
        self.watch(self)

    def begin(self, n_steps):
        self.n_steps = n_steps

    def train(self, n_steps):
        self.begin(n_steps)
        for place in range(n_steps):
            self.optimizer.lr = self.rate(place)
            loss = learn(self.model, self.optimizer, self.batches(), self.max_norm())
            self.count(loss)
            self.tell()


def _with(**pieces):
    return type("Trainer", (_Trainer,), pieces)


class _RateSetAfterwards(_Trainer):
    def train(self, n_steps):
        for _ in range(n_steps):
            loss = learn(self.model, self.optimizer, self.batches(), self.max_norm())
            self.optimizer.lr = self.planned(self.step)
            self.count(loss)
            self.tell()


class _WatchedBeforeCounting(_Trainer):
    def count(self, loss):
        self.losses.append(loss)

    def tell(self):
        self.watch(self)
        self.step += 1


class _OneBatchForever(_Trainer):
    def batches(self):
        self.generator.manual_seed(self.settings.seed)
        return super().batches()


class _OneBatchForAWholeCall(_Trainer):
    def begin(self, n_steps):
        self.drawn = super().batches()

    def batches(self):
        return self.drawn


class _LossesForgotten(_Trainer):
    def begin(self, n_steps):
        self.losses = []


class _OptimizerForgotten(_Trainer):
    def begin(self, n_steps):
        self.optimizer = self.make_optimizer()


class _GeneratorForgotten(_Trainer):
    def begin(self, n_steps):
        self.generator = torch.Generator().manual_seed(self.settings.seed)


class _StartsAnew(_Trainer):
    def begin(self, n_steps):
        self.step, self.losses = 0, []
        self.generator = torch.Generator().manual_seed(self.settings.seed)
        self.optimizer = self.make_optimizer()


class _Uncounted(_Trainer):
    def count(self, loss):
        self.losses.append(loss)


def _changed(**changes):
    """Return a `make_optimizer` with other settings."""
    return lambda self: _Optimizer(self.model, replace(self.settings, **changes))


class _EverythingDecays(_Optimizer):
    def __init__(self, model, settings):
        super().__init__(model, settings)
        for group in self.inner.param_groups:
            group["weight_decay"] = settings.weight_decay


ANSWER_KEY = AnswerKey(
    check=checks.Trainer,
    expected=_expected,
    reference="torch's AdamW and schedulers",
    mistakes=(
        Mistake(
            "learning rate set after the step",
            "each step runs with the learning rate of the step before; the first runs at full speed",
            "in which order: set the rate, take the step",
            _RateSetAfterwards,
        ),
        Mistake(
            "schedule a step ahead",
            "each step runs with the learning rate of the next one",
            "the first step has number 0",
            _with(rate=lambda self, place: self.planned(self.step + 1)),
        ),
        Mistake(
            "schedule a step behind",
            "each step but the first runs with the learning rate of the step before",
            "the first step has number 0, the second 1",
            _with(rate=lambda self, place: self.planned(self.step - 1)),
        ),
        Mistake(
            "learning rate never changed",
            "every step runs with max_lr",
            "where does lr_schedule come in?",
            _with(rate=lambda self, place: self.settings.max_lr),
        ),
        Mistake(
            "schedule begins anew in each call",
            "a second call of train() warms up again",
            "which number does the schedule get: the loop's, or the run's?",
            _with(rate=lambda self, place: self.planned(place)),
        ),
        Mistake(
            "schedule planned for this call only",
            "the learning rate falls to its minimum within each call of train()",
            "over how many steps is the schedule planned? settings.total_steps",
            _with(
                rate=lambda self, place: planned_rates(
                    replace(self.settings, total_steps=max(self.n_steps, self.settings.warmup_steps + 1)),
                    self.settings.total_steps,
                )[min(self.step, max(self.n_steps, self.settings.warmup_steps + 1) - 1)]
            ),
        ),
        Mistake(
            "first batch only",
            "every step learns from the first batch",
            "the generator is seeded once, when the trainer is made",
            _OneBatchForever,
        ),
        Mistake(
            "one batch for the whole call",
            "the batch is drawn before the loop, and every step learns from it",
            "where does get_batch stand: inside the loop or in front of it?",
            _OneBatchForAWholeCall,
        ),
        Mistake(
            "nothing accumulated",
            "each step learns from one batch, or from copies of one, whatever settings.accumulate says",
            "train_step takes a list of batches: how many, and is each of them drawn for itself?",
            _with(batches=lambda self: [self.batch()]),
        ),
        Mistake(
            "losses of the last call only",
            "a second call of train() forgets the losses of the first",
            "the list is made once, when the trainer is made",
            _LossesForgotten,
        ),
        Mistake(
            "optimiser of the last call only",
            "a second call of train() forgets AdamW's moments",
            "the optimiser is made once, when the trainer is made",
            _OptimizerForgotten,
        ),
        Mistake(
            "generator of the last call only",
            "a second call of train() draws the first batches again",
            "the generator is made once, when the trainer is made",
            _GeneratorForgotten,
        ),
        Mistake(
            "each call from the start",
            "a second call of train() begins with step 0, new moments and the first batches",
            "what is made in __init__, and what in train()?",
            _StartsAnew,
        ),
        Mistake(
            "steps not counted",
            "step stays 0, and with it the learning rate",
            "what has to happen to self.step?",
            _Uncounted,
        ),
        Mistake(
            "not clipped",
            "the gradients are not clipped to settings.max_norm",
            "train_step takes max_norm",
            _with(max_norm=lambda self: float("inf")),
        ),
        Mistake(
            "no weight decay",
            "the weights do not decay",
            "decay_groups takes settings.weight_decay",
            _with(make_optimizer=_changed(weight_decay=0.0)),
        ),
        Mistake(
            "everything decays",
            "biases and gains decay as well",
            "decay_groups of week 10 tells the weights from the rest",
            _with(make_optimizer=lambda self: _EverythingDecays(self.model, self.settings)),
        ),
        Mistake(
            "AdamW's own betas",
            "AdamW runs with its default betas, not with those of the settings",
            "AdamW takes betas",
            _with(make_optimizer=_changed(betas=(0.9, 0.999))),
        ),
        Mistake(
            "watch never called",
            "nobody is told of the steps: no picture, no progress",
            "after each step: self.watch(self)",
            _with(tell=lambda self: None),
        ),
        Mistake(
            "watch called too early",
            "watch is called before the step is counted",
            "the order at the end of the loop: loss, step, watch",
            _WatchedBeforeCounting,
        ),
    ),
)
