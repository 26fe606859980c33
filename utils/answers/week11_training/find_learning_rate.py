"""The answer key of `find_learning_rate`: torch's AdamW with torch's ExponentialLR."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week11_training._pieces import draw_batch, learn, torch_adamw, windows
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel
from utils.training import TrainingSettings


def _expected(weights, tokens, settings, low, high, n_steps):
    chosen, model = TrainingSettings(**settings), SmallModel(weights)
    optimizer = torch_adamw(model, low, chosen.weight_decay, chosen.betas)
    growth = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=(high / low) ** (1 / (n_steps - 1)))
    rates, losses = [], []
    for batch in _batches(tokens, chosen, n_steps):
        rates.append(growth.get_last_lr()[0])
        losses.append(learn(model, optimizer, [batch], chosen.max_norm))
        growth.step()
    return {"rates": rates, "losses": losses, "the model is as it was": True}


def _batches(tokens, settings, count):
    generator = torch.Generator().manual_seed(settings.seed)
    places = windows(tokens, settings.end_of_text, settings.seq)
    return [draw_batch(tokens, places, settings.batch_size, settings.seq, generator) for _ in range(count)]


def _geometric(low, high, n_steps):
    return torch.logspace(0, 1, n_steps, base=high / low, dtype=torch.float64).mul(low).tolist()


def _with(rates_of=_geometric, copied=True, one_batch=False, fresh=False, max_norm=None):
    """Return a search with something changed."""

    def wrong(model, tokens, settings, low, high, n_steps):
        trial = SmallModel(model.numbers()) if copied else model
        rates = rates_of(low, high, n_steps)
        batches = _batches(tokens, settings, n_steps)
        optimizer = torch_adamw(trial, low, settings.weight_decay, settings.betas)
        losses = []
        for rate, batch in zip(rates, batches[:1] * n_steps if one_batch else batches, strict=True):
            if fresh:
                trial = SmallModel(model.numbers())
                optimizer = torch_adamw(trial, low, settings.weight_decay, settings.betas)
            for group in optimizer.param_groups:
                group["lr"] = rate
            losses.append(learn(trial, optimizer, [batch], max_norm or settings.max_norm))
        return rates, losses

    return wrong


def _one_factor_short(low, high, n_steps):
    return [low * (high / low) ** (step / n_steps) for step in range(n_steps)]


def _all_planned(low, high, n_steps):
    return [high] * n_steps


def _swapped(*inputs):
    return _with()(*inputs)[::-1]


def _best_rate(*inputs):
    rates, losses = _with()(*inputs)
    return rates[losses.index(min(losses))], min(losses)


ANSWER_KEY = AnswerKey(
    check=checks.find_learning_rate,
    expected=_expected,
    reference="torch's ExponentialLR",
    mistakes=(
        Mistake(
            "equal steps, not equal factors",
            "the rates grow by the same amount: nearly all of them are of the largest order",
            "each rate is the one before it times the same factor",
            _with(rates_of=lambda low, high, n: torch.linspace(low, high, n).tolist()),
        ),
        Mistake(
            "high never reached",
            "the factor is too small: the last rate lies below `high`",
            "n rates have how many factors between them?",
            _with(rates_of=_one_factor_short),
        ),
        Mistake(
            "from high to low",
            "the rates fall",
            "start where nothing can go wrong: low",
            _with(rates_of=lambda low, high, n: _geometric(low, high, n)[::-1]),
        ),
        Mistake(
            "one rate for all",
            "every step runs with the same rate",
            "the optimiser's lr has to be set in each step",
            _with(rates_of=_all_planned),
        ),
        Mistake(
            "the model itself trained",
            "the model has learned, and its last steps were at a rate that ruins it",
            "train a copy: copy.deepcopy",
            _with(copied=False),
        ),
        Mistake(
            "one batch for all steps",
            "each step learns from the first batch",
            "a new batch for each step, from one generator",
            _with(one_batch=True),
        ),
        Mistake(
            "a fresh model for each rate",
            "each rate begins with the first weights: one step then tells nothing about the rate",
            "one run, in which the rate grows",
            _with(fresh=True),
        ),
        Mistake(
            "not clipped",
            "the gradients are not clipped to settings.max_norm",
            "the search should do what training does",
            _with(max_norm=float("inf")),
        ),
        Mistake(
            "losses before rates",
            "the losses come first",
            "the order in the return line: rates, losses",
            _swapped,
        ),
    ),
)
