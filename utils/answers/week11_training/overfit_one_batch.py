"""The answer key of `overfit_one_batch`: torch's AdamW and torch's clipping."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week11_training._pieces import cross_entropy, learn, torch_adamw
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel


def _expected(weights, batch, steps, lr):
    model = SmallModel(weights)
    optimizer = torch_adamw(model, lr, weight_decay=0.0)
    return {"losses": [learn(model, optimizer, [batch], 1.0) for _ in range(steps)],
            "weights afterwards": model.numbers()}  # fmt: skip


def _loss(model, batch):
    return cross_entropy(model(batch), batch).item()


def _with(optimizer_of=lambda model, lr: torch_adamw(model, lr, 0.0), max_norm=1.0, lr_of=lambda lr: lr):
    def wrong(model, batch, steps, lr):
        optimizer = optimizer_of(model, lr_of(lr))
        return [learn(model, optimizer, [batch], max_norm) for _ in range(steps)]

    return wrong


def _new_optimizer_each_step(model, batch, steps, lr):
    return [learn(model, torch_adamw(model, lr, 0.0), [batch], 1.0) for _ in range(steps)]


def _losses_afterwards(model, batch, steps, lr):
    return [*_with()(model, batch, steps, lr)[1:], _loss(model, batch)]


def _before_and_after(model, batch, steps, lr):
    return [*_with()(model, batch, steps, lr), _loss(model, batch)]


def _one_step_short(model, batch, steps, lr):
    return _with()(model, batch, steps - 1, lr)


def _last_loss_only(model, batch, steps, lr):
    return _with()(model, batch, steps, lr)[-1]


def _never_trained(model, batch, steps, lr):
    return [_loss(model, batch)] * steps


def _a_copy_trained(model, batch, steps, lr):
    return _with()(SmallModel(model.numbers()), batch, steps, lr)


def _one_row_a_step(model, batch, steps, lr):
    optimizer = torch_adamw(model, lr, 0.0)
    return [learn(model, optimizer, [batch[step % len(batch)][None]], 1.0) for step in range(steps)]


ANSWER_KEY = AnswerKey(
    check=checks.overfit_one_batch,
    expected=_expected,
    reference="torch's AdamW",
    mistakes=(
        Mistake(
            "a new optimiser each step",
            "AdamW is made anew in every step and forgets its moments",
            "what does AdamW remember from step to step? Make it once, before the loop",
            _new_optimizer_each_step,
        ),
        Mistake(
            "losses after the steps",
            "these are the losses after each step",
            "train_step returns the loss that its gradients came from",
            _losses_afterwards,
        ),
        Mistake(
            "a loss too many",
            "the loss after the last step is in the list as well",
            "one loss for each step, the one before it",
            _before_and_after,
        ),
        Mistake(
            "a step too few",
            "one step is missing",
            "how often does the loop run?",
            _one_step_short,
        ),
        Mistake(
            "last loss only",
            "only the last loss comes back",
            "a list, one loss for each step",
            _last_loss_only,
        ),
        Mistake(
            "nothing learned",
            "the loss is the same in every step: nothing is learned",
            "which function of yours takes a step?",
            _never_trained,
        ),
        Mistake(
            "a copy trained",
            "a copy of the model learns; the model itself stays as it was",
            "train the model that you are given",
            _a_copy_trained,
        ),
        Mistake(
            "weight decay on",
            "the weights decay: that pulls against memorising",
            "which weight_decay does the exercise ask for?",
            _with(optimizer_of=lambda model, lr: torch_adamw(model, lr, 0.1)),
        ),
        Mistake(
            "plain gradient descent",
            "the steps are those of gradient descent, not of AdamW",
            "which optimiser does the exercise ask for?",
            _with(optimizer_of=lambda model, lr: torch.optim.SGD(model.parameters(), lr)),
        ),
        Mistake(
            "not clipped",
            "the gradients are not clipped to norm 1",
            "train_step takes max_norm",
            _with(max_norm=float("inf")),
        ),
        Mistake(
            "lr ignored",
            "the learning rate is 0.001 whatever is asked for",
            "where does lr come in?",
            _with(lr_of=lambda lr: 1e-3),
        ),
        Mistake(
            "one row a step",
            "each step learns one row of the batch",
            "the same whole batch, step after step",
            _one_row_a_step,
        ),
    ),
)
