"""The answer key of `find_learning_rate`: torch's AdamW with torch's ExponentialLR."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.week11_training._pieces import draw_batch, learn, torch_adamw, windows
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel
from utils.training import TrainingSettings


def _expected(*, weights, tokens, settings, low, high, n_steps):
    chosen, model = TrainingSettings(**settings), SmallModel(weights)
    optimizer = torch_adamw(model, low, chosen.weight_decay, chosen.betas)
    growth = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=(high / low) ** (1 / (n_steps - 1)))
    rates, losses = [], []
    for batch in _batches(tokens, chosen, n_steps):
        rates.append(growth.get_last_lr()[0])
        losses.append(learn(model, optimizer, [batch], chosen.max_norm))
        growth.step()
    return {"rates": rates, "losses": losses, "the model's weights afterwards": weights}


def _batches(tokens, settings, count):
    generator = torch.Generator().manual_seed(settings.seed)
    places = windows(tokens, settings.end_of_text, settings.seq)
    return [draw_batch(tokens, places, settings.batch_size, settings.seq, generator) for _ in range(count)]


ANSWER_KEY = AnswerKey(
    check=checks.find_learning_rate,
    expected=_expected,
    reference="torch's ExponentialLR",
)
