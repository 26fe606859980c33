"""The answer key of `mixed_precision_step`: torch's autocast, and the loss in float32."""

from functools import partial

import torch
from torch.nn.utils import clip_grad_norm_

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.answers.week11_training._pieces import cross_entropy
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel


def _expected(weights, batch, max_norm):
    model = SmallModel(weights)
    loss = _step(model, torch.optim.SGD(model.parameters(), lr=0.5), batch, max_norm)
    return {
        "loss": loss,
        "logits computed in": "bfloat16",
        "logits computed in afterwards": "float32",
        "weights kept in": "float32",
        "gradients kept in": "float32",
        "weights": model.numbers(),
    }


def _step(model, optimizer, batch, max_norm, enabled=True, loss_in=torch.float32, dtype=torch.bfloat16):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype, enabled=enabled):
        raw = model(batch)
    loss = _loss(raw.to(loss_in), batch)
    loss.backward()
    clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()


def _loss(logits, batch):
    """Return the loss, with log-softmax in the logits' own precision."""
    if logits.dtype == torch.float32:
        return cross_entropy(logits, batch)
    log_probabilities = logits[:, :-1].log_softmax(-1)
    return -log_probabilities.gather(-1, batch[:, 1:, None]).mean()


def _whole_model_cast(model, optimizer, batch, max_norm):
    model.to(torch.bfloat16)
    return _step(model, optimizer, batch, max_norm, enabled=False)


def _cast_and_back(model, optimizer, batch, max_norm):
    model.to(torch.bfloat16)
    loss = _step(model, optimizer, batch, max_norm, enabled=False)
    model.float()
    for parameter in model.parameters():
        parameter.grad = parameter.grad.float()
    return loss


def _left_on(model, optimizer, batch, max_norm):
    loss = _step(model, optimizer, batch, max_norm)
    torch.set_autocast_enabled("cpu", True)
    torch.set_autocast_dtype("cpu", torch.bfloat16)
    return loss


def _never_zeroed(model, optimizer, batch, max_norm):
    with torch.autocast("cpu", torch.bfloat16):
        raw = model(batch)
    loss = cross_entropy(raw.float(), batch)
    (2 * loss).backward()
    clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()


def _no_step(model, optimizer, batch, max_norm):
    with torch.autocast("cpu", torch.bfloat16):
        raw = model(batch)
    loss = cross_entropy(raw.float(), batch)
    loss.backward()
    return loss.item()


def _not_clipped(model, optimizer, batch, max_norm):
    return _step(model, optimizer, batch, float("inf"))


_BFLOAT16 = Tolerance(2e-3, 2e-3, "bfloat16 holds 2 to 3 digits, and processors round in another order")

ANSWER_KEY = AnswerKey(
    check=checks.mixed_precision_step,
    expected=_expected,
    reference="torch's autocast",
    tolerance=_BFLOAT16,
    mistakes=(
        Mistake(
            "nothing in bfloat16",
            "everything is computed in float32",
            "which context makes torch choose the precision?",
            partial(_step, enabled=False),
        ),
        Mistake(
            "float16",
            "the logits are computed in float16, whose largest number is 65,504",
            "which dtype does the exercise ask for?",
            partial(_step, dtype=torch.float16),
        ),
        Mistake(
            "the whole model cast",
            "the weights themselves are in bfloat16: small steps are rounded away",
            "autocast casts copies; the weights stay in float32",
            _whole_model_cast,
        ),
        Mistake(
            "cast and cast back",
            "the weights were rounded to bfloat16 on the way, and the step was too",
            "autocast casts copies; the weights stay in float32",
            _cast_and_back,
        ),
        Mistake(
            "autocast never ends",
            "everything after this step is computed in bfloat16 as well",
            "`with torch.autocast(…):` ends by itself",
            _left_on,
        ),
        Mistake(
            "not clipped",
            "the gradients are not clipped to max_norm",
            "where does max_norm come in?",
            _not_clipped,
        ),
        Mistake(
            "no step",
            "the weights are as they were",
            "zero_grad, backward, clip, step",
            _no_step,
        ),
        Mistake(
            "step twice as long",
            "the gradient is twice as large as it should be",
            "what is added to what? zero_grad, and one backward()",
            _never_zeroed,
        ),
    ),
)
