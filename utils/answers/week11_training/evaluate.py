"""The answer key of `evaluate`: HF's own loss, summed over all predicted tokens."""

import math

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week11_training._pieces import cross_entropy
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel


def _expected(batches, training, gradients, weights=None, logits=None):
    if logits is None:
        model = SmallModel(weights).eval()
        logits = [model(batch).detach() for batch in batches]
    sums, counts = zip(*map(_hf_loss, logits, batches), strict=True)
    return {
        "loss": sum(sums) / sum(counts),
        "in eval mode while it ran": True,
        "mode afterwards": "train" if training else "eval",
        "gradients recorded": False,
        "gradients afterwards": "on" if gradients else "off",
    }


def _hf_loss(logits, tokens):
    """Return HF's summed loss of a batch, and the number of tokens that it predicts."""
    from transformers.loss.loss_utils import ForCausalLMLoss

    count = (tokens.shape[1] - 1) * tokens.shape[0]
    mean = ForCausalLMLoss(logits, tokens, vocab_size=logits.shape[-1])
    return mean.item() * count, count


def _count(batch):
    return batch.shape[0] * (batch.shape[1] - 1)


def _weighted(losses, batches, weigh=_count):
    weights = [weigh(batch) for batch in batches]
    return sum(loss * weight for loss, weight in zip(losses, weights, strict=True)) / sum(weights)


def _measured(average=_weighted, loss_of=cross_entropy, chosen=slice(None)):
    """Return a correct evaluation with one change to its result."""

    @torch.no_grad()
    def wrong(model, batches):
        with _Eval(model):
            seen = batches[chosen]
            return average([loss_of(model(batch), batch).item() for batch in seen], seen)

    return wrong


class _Eval:
    """A context manager for eval mode that restores the mode before."""

    def __init__(self, model: nn.Module):
        self.model, self.before = model, model.training

    def __enter__(self):
        self.model.train(False)

    def __exit__(self, *exception):
        self.model.train(self.before)


def _losses(model, batches):
    return _weighted([cross_entropy(model(batch), batch).item() for batch in batches], batches)


@torch.no_grad()
def _mode_left_alone(model, batches):
    return _losses(model, batches)


@torch.no_grad()
def _left_in_eval(model, batches):
    return _losses(model.eval(), batches)


@torch.no_grad()
def _always_to_train(model, batches):
    loss = _losses(model.eval(), batches)
    model.train()
    return loss


def _with_gradients(model, batches):
    with _Eval(model):
        return _losses(model, batches)


def _gradients_left_off(model, batches):
    torch.set_grad_enabled(False)
    with _Eval(model):
        return _losses(model, batches)


def _gradients_always_on_afterwards(model, batches):
    torch.set_grad_enabled(False)
    with _Eval(model):
        loss = _losses(model, batches)
    torch.set_grad_enabled(True)
    return loss


def _nothing_restored(model, batches):
    torch.set_grad_enabled(False)
    return _losses(model.eval(), batches)


def _plain(model, batches):
    return _losses(model, batches)


def _plain_mean(model, batches):
    losses = [cross_entropy(model(batch), batch).item() for batch in batches]
    return sum(losses) / len(losses)


def _shifted_twice(logits, tokens):
    return cross_entropy(logits[:, :-1], tokens[:, 1:])


def _not_shifted(logits, tokens):
    return nn.functional.cross_entropy(logits.flatten(0, 1), tokens.flatten())


ANSWER_KEY = AnswerKey(
    check=checks.evaluate,
    expected=_expected,
    reference="HF's loss",
    mistakes=(
        Mistake(
            "mean of the batches' means",
            "each batch counts alike, however many tokens it predicts",
            "a batch of 2 rows and one of 20 should not weigh the same: sum up, and divide once",
            _measured(average=lambda losses, batches: sum(losses) / len(losses)),
        ),
        Mistake(
            "weighted by rows",
            "each batch counts as often as it has rows, however long they are",
            "the mean is over predicted tokens: how many does a batch of that shape predict?",
            _measured(average=lambda losses, batches: _weighted(losses, batches, len)),
        ),
        Mistake(
            "first tokens counted",
            "each batch counts as often as it has tokens; the first of each row is not predicted",
            "how many predictions does a row of 5 tokens hold?",
            _measured(average=lambda losses, batches: _weighted(losses, batches, torch.numel)),
        ),
        Mistake(
            "summed over the batches",
            "the batches' means are added up",
            "the mean over all predicted tokens",
            _measured(average=lambda losses, batches: sum(losses)),
        ),
        Mistake(
            "summed over the tokens",
            "the losses of all tokens are added up and never divided",
            "the mean over all predicted tokens",
            _measured(average=lambda losses, batches: _weighted(losses, batches) * sum(map(_count, batches))),
        ),
        Mistake(
            "last batch only",
            "the last batch's loss comes back",
            "= or += in the loop?",
            _measured(chosen=slice(-1, None)),
        ),
        Mistake(
            "first batch only",
            "the first batch's loss comes back",
            "does `return` stand inside the loop?",
            _measured(chosen=slice(1)),
        ),
        Mistake(
            "perplexity",
            "e to the power of the loss is the perplexity",
            "the loss itself, in nats",
            _measured(average=lambda losses, batches: math.exp(_weighted(losses, batches))),
        ),
        Mistake(
            "not shifted",
            "each position is judged by its own token, which it has just read",
            "use next_token_loss of week 10",
            _measured(loss_of=_not_shifted),
        ),
        Mistake(
            "shifted twice",
            "each position is judged by the token two places further on",
            "next_token_loss shifts for itself: give it the whole logits and the whole batch",
            _measured(loss_of=_shifted_twice),
        ),
        Mistake(
            "mode left alone",
            "the model is evaluated in the mode it happens to be in: with dropout, if that is train mode",
            "which mode switches dropout off?",
            _mode_left_alone,
        ),
        Mistake(
            "left in eval mode",
            "the model stays in eval mode: training goes on without dropout, and nobody notices",
            "remember `model.training` before you change it",
            _left_in_eval,
        ),
        Mistake(
            "always put into train mode",
            "the model is in train mode afterwards, also when it was not before",
            "restore the mode that it had: `model.train(mode)` takes True or False",
            _always_to_train,
        ),
        Mistake(
            "gradients recorded",
            "each forward pass is recorded for a backward pass that never comes: slow, and a lot of memory",
            "which context of torch switches recording off?",
            _with_gradients,
        ),
        Mistake(
            "gradients left off",
            "recording is switched off for good: the next training step cannot learn",
            "`with torch.no_grad():` ends by itself; `torch.set_grad_enabled(False)` does not",
            _gradients_left_off,
        ),
        Mistake(
            "gradients always on afterwards",
            "recording is switched on at the end, also when it was off before",
            "`with torch.no_grad():` puts back what was there",
            _gradients_always_on_afterwards,
        ),
        Mistake(
            "nothing restored",
            "the model stays in eval mode and recording stays off",
            "both belong to the caller: put them back as they were",
            _nothing_restored,
        ),
        Mistake(
            "no care at all",
            "the model is evaluated in the mode it happens to be in, and each forward pass is recorded",
            "two switches: one for dropout, one for gradients; both as before at the end",
            _plain,
        ),
        Mistake(
            "no care, and the batches' means averaged",
            "mode and gradients are left as they are, and each batch counts alike",
            "two switches, and a mean over predicted tokens",
            _plain_mean,
        ),
    ),
)
