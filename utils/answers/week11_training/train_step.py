"""The answer key of `train_step`: all batches as one, by torch's own functions."""

import torch
from torch.nn.utils import clip_grad_norm_

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week11_training._pieces import cross_entropy, learn
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel


def _expected(weights, batches, max_norm, training):
    model = SmallModel(weights).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    first = learn(model, optimizer, batches, max_norm)
    after_one = model.numbers()
    second = learn(model, optimizer, batches, max_norm)
    return {
        "loss": first,
        "weights after one step": after_one,
        "loss of a second step": second,
        "weights after two steps": model.numbers(),
        "always in train mode": True,
        "loss keeps its graph": False,
    }


def _backward(model, batches, scale=None, loss_of=cross_entropy):
    """Adds up the gradients of all batches; returns their losses."""
    losses = [loss_of(model(batch), batch) for batch in batches]
    for loss in losses:
        (loss * (scale or 1 / len(losses))).backward()
    return [loss.item() for loss in losses]


def _mean(losses):
    return sum(losses) / len(losses)


def _step_first(model, optimizer, batches, max_norm):
    model.train()
    optimizer.step()
    optimizer.zero_grad()
    losses = _backward(model, batches)
    clip_grad_norm_(model.parameters(), max_norm)
    return _mean(losses)


def _step_before_backward(model, optimizer, batches, max_norm):
    model.train()
    optimizer.zero_grad()
    optimizer.step()
    losses = _backward(model, batches)
    clip_grad_norm_(model.parameters(), max_norm)
    return _mean(losses)


def _gradients_kept(model, optimizer, batches, max_norm):
    model.train()
    losses = _backward(model, batches)
    clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return _mean(losses)


def _last_batch_only(model, optimizer, batches, max_norm):
    model.train()
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        losses += _backward(model, [batch], scale=1 / len(batches))
    clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return _mean(losses)


def _not_divided(model, optimizer, batches, max_norm):
    model.train()
    optimizer.zero_grad()
    losses = _backward(model, batches, scale=1.0)
    clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return _mean(losses)


def _clipped_with(clip):
    def wrong(model, optimizer, batches, max_norm):
        model.train()
        optimizer.zero_grad()
        losses = _backward(model, batches)
        clip(model, max_norm)
        optimizer.step()
        return _mean(losses)

    return wrong


def _each_for_itself(model, max_norm):
    for parameter in model.parameters():
        clip_grad_norm_([parameter], max_norm)


def _by_value(model, max_norm):
    torch.nn.utils.clip_grad_value_(model.parameters(), max_norm)


def _clipped_after_the_step(model, optimizer, batches, max_norm):
    model.train()
    optimizer.zero_grad()
    losses = _backward(model, batches)
    optimizer.step()
    clip_grad_norm_(model.parameters(), max_norm)
    return _mean(losses)


def _clipped_each_time(model, optimizer, batches, max_norm):
    model.train()
    optimizer.zero_grad()
    losses = []
    for batch in batches:
        losses += _backward(model, [batch], scale=1 / len(batches))
        clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return _mean(losses)


def _a_step_for_each_batch(model, optimizer, batches, max_norm):
    model.train()
    return _mean([learn(model, optimizer, [batch], max_norm) for batch in batches])


def _loss_afterwards(model, optimizer, batches, max_norm):
    model.train()
    learn(model, optimizer, batches, max_norm)
    return _mean([cross_entropy(model(batch), batch).item() for batch in batches])


def _returns(chosen):
    def wrong(model, optimizer, batches, max_norm):
        model.train()
        losses = [cross_entropy(model(batch), batch).item() for batch in batches]
        learn(model, optimizer, batches, max_norm)
        return chosen(losses)

    return wrong


def _judged_by(loss_of):
    def wrong(model, optimizer, batches, max_norm):
        model.train()
        optimizer.zero_grad()
        losses = _backward(model, batches, loss_of=loss_of)
        clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        return _mean(losses)

    return wrong


def _shifted_twice(logits, tokens):
    return cross_entropy(logits[:, :-1], tokens[:, 1:])


def _not_shifted(logits, tokens):
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens.flatten())


def _keeps_the_graph(model, optimizer, batches, max_norm):
    model.train()
    kept = sum(cross_entropy(model(batch), batch) for batch in batches) / len(batches)
    learn(model, optimizer, batches, max_norm)
    return kept


def _in_eval_mode(model, optimizer, batches, max_norm):
    model.eval()
    return learn(model, optimizer, batches, max_norm)


ANSWER_KEY = AnswerKey(
    check=checks.train_step,
    expected=_expected,
    reference="torch on all batches at once",
    mistakes=(
        Mistake(
            "step first",
            "the optimiser's step comes before the gradients of these batches are there",
            "zero_grad, backward, clip, step: in which order?",
            _step_first,
        ),
        Mistake(
            "step without gradients",
            "the optimiser's step finds no gradients: they are not there yet, or zeroed already",
            "zero_grad, backward, clip, step: in which order?",
            _step_before_backward,
        ),
        Mistake(
            "gradients never zeroed",
            "the gradients of the last step are still there, and the new ones are added to them",
            "backward() adds. What has to happen before the first one?",
            _gradients_kept,
        ),
        Mistake(
            "gradients zeroed in the loop",
            "zero_grad runs before each batch, so that only the last batch counts",
            "how often does the sum begin anew?",
            _last_batch_only,
        ),
        Mistake(
            "loss not divided",
            "the gradients of the batches are added up, not averaged: k batches make a step k times as long",
            "one step on k batches should be the step on one batch k times as large",
            _not_divided,
        ),
        Mistake(
            "not clipped to max_norm",
            "the step takes gradients above max_norm: not clipped, clipped too late, or to another norm",
            "who uses the gradients, when, and how long may they be?",
            _clipped_after_the_step,
        ),
        Mistake(
            "clipped parameter by parameter",
            "each parameter's gradient is clipped for itself, which turns the step's direction",
            "one norm over all gradients together",
            _clipped_with(_each_for_itself),
        ),
        Mistake(
            "values clipped, not the norm",
            "each number is clipped to max_norm; the norm is that of all numbers together",
            "clip_grad_norm, not clip_grad_value",
            _clipped_with(_by_value),
        ),
        Mistake(
            "clipped in the loop",
            "the sum so far is clipped after each batch",
            "when is the sum of the gradients complete?",
            _clipped_each_time,
        ),
        Mistake(
            "a step for each batch",
            "the optimiser takes a step after each batch",
            "accumulating: many backward(), one step()",
            _a_step_for_each_batch,
        ),
        Mistake(
            "loss after the step",
            "the loss is computed anew, with the weights after the step",
            "the loss that the gradients came from",
            _loss_afterwards,
        ),
        Mistake(
            "loss of the last batch",
            "the last batch's loss comes back",
            "the mean over all batches",
            _returns(lambda losses: losses[-1]),
        ),
        Mistake(
            "losses summed",
            "the batches' losses are added up",
            "the mean over all batches",
            _returns(sum),
        ),
        Mistake(
            "last loss, divided",
            "the last batch's share of the loss comes back: its loss over the number of batches",
            "the shares of all batches add up to the mean",
            _returns(lambda losses: losses[-1] / len(losses)),
        ),
        Mistake(
            "shifted twice",
            "each position is judged by the token two places further on",
            "next_token_loss shifts for itself: give it the whole logits and the whole batch",
            _judged_by(_shifted_twice),
        ),
        Mistake(
            "not shifted",
            "each position is judged by its own token, which it has just read",
            "use next_token_loss of week 10",
            _judged_by(_not_shifted),
        ),
        Mistake(
            "loss with its graph",
            "the loss comes back as a tensor that still holds the whole computation: memory grows each step",
            ".item() makes a number of it",
            _keeps_the_graph,
        ),
        Mistake(
            "eval mode",
            "the model learns in eval mode",
            "model.train() belongs at the start: an evaluation may have left another mode",
            _in_eval_mode,
        ),
    ),
)
