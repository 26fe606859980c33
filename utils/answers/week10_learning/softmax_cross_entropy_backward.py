"""The answer key of `softmax_cross_entropy_backward`: autograd through torch's cross-entropy, in float64."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _expected(logits, targets):
    return gradients(lambda wide: F.cross_entropy(wide.flatten(0, 1), targets.flatten()), [logits])[0]


def _hits(logits, targets):
    """Return 1 at each target, 0 elsewhere."""
    return torch.zeros_like(logits).scatter(-1, targets.unsqueeze(-1), 1.0)


def _wrong(of, count=lambda logits, targets: targets.numel()):
    """`of(probabilities, hits)` over `count`."""
    return lambda logits, targets: of(logits.softmax(-1), _hits(logits, targets)) / count(logits, targets)


def _difference(p, hit):
    return p - hit


def _overflowing(logits, targets):
    powers = logits.exp()
    return (powers / powers.sum(-1, keepdim=True) - _hits(logits, targets)) / targets.numel()


def _over_positions(logits, targets):
    return (logits.softmax(1) - _hits(logits, targets)) / targets.numel()


ANSWER_KEY = AnswerKey(
    check=checks.softmax_cross_entropy_backward,
    expected=_expected,
    reference="torch's autograd in float64",
    mistakes=(
        Mistake(
            "nothing at the target",
            "the probabilities come back as they are: the right token's logit would be pushed down as well",
            "which one of the logits should rise?",
            _wrong(lambda p, hit: p),
        ),
        Mistake(
            "the sign",
            "every sign is turned round: this is the way in which the loss falls, not its gradient",
            "a gradient points uphill. Would more of the right token's logit raise the loss?",
            _wrong(lambda p, hit: hit - p),
        ),
        Mistake(
            "target added",
            "1 is added at the target, not subtracted",
            "what should the gradients of one position add up to?",
            _wrong(lambda p, hit: p + hit),
        ),
        Mistake(
            "not divided",
            "the gradient of the sum comes back; the loss is the mean over all targets",
            "how many targets share the loss?",
            _wrong(_difference, lambda logits, targets: 1),
        ),
        Mistake(
            "divided by the batch",
            "the division is by the number of rows; the loss is the mean over all targets",
            "how many targets share the loss?",
            _wrong(_difference, lambda logits, targets: len(targets)),
        ),
        Mistake(
            "divided by the positions",
            "the division is by the length of a row; the loss is the mean over all targets",
            "how many targets share the loss?",
            _wrong(_difference, lambda logits, targets: targets.shape[1]),
        ),
        Mistake(
            "divided by all logits",
            "the division is by the number of logits; the loss is a mean over targets",
            "how many numbers is the mean of which the loss is made?",
            _wrong(_difference, lambda logits, targets: logits.numel()),
        ),
        Mistake(
            "target's logit only",
            "only the targets' logits have a gradient; all others have a share in the normaliser, too",
            "what happens to the loss when the logit of a wrong token grows?",
            _wrong(lambda p, hit: (p - hit) * hit),
        ),
        Mistake(
            "target's logit left out",
            "the targets' logits have a gradient of 0",
            "what happens to the loss when the logit of the right token grows?",
            _wrong(lambda p, hit: p * (1 - hit)),
        ),
        Mistake(
            "one-hot only",
            "the probabilities are missing: this is the gradient of minus the target's logit",
            "what does the normaliser contribute?",
            _wrong(lambda p, hit: -hit),
        ),
        Mistake(
            "gradient of the probabilities",
            "this is the gradient with respect to the probabilities, −1/p; the softmax is left out",
            "with respect to the logits: softmax lies between them and p",
            lambda logits, targets: (
                torch.where(_hits(logits, targets) > 0, -(-logits.log_softmax(-1)).exp(), 0.0)
                / targets.numel()
            ),
        ),
        Mistake(
            "log-probabilities",
            "the one-hot row is subtracted from log-probabilities",
            "softmax or log_softmax?",
            lambda logits, targets: (logits.log_softmax(-1) - _hits(logits, targets)) / targets.numel(),
        ),
        Mistake(
            "logits themselves",
            "the one-hot row is subtracted from the logits: the softmax is missing",
            "what must the first of the two add up to?",
            lambda logits, targets: (logits - _hits(logits, targets)) / targets.numel(),
        ),
        Mistake(
            "sigmoid",
            "each logit goes through a sigmoid: that is the gradient for yes or no at each token",
            "one token comes next, and the probabilities share 1",
            lambda logits, targets: (logits.sigmoid() - _hits(logits, targets)) / targets.numel(),
        ),
        Mistake(
            "softmax over the positions",
            "the softmax runs along seq, not along the candidates",
            "which axis holds the candidates for the next token?",
            _over_positions,
        ),
        Mistake(
            "softmax once more",
            "the difference is multiplied by p · (1 − p) as well, as if the softmax came once more",
            "this gradient is that of softmax and −log together: nothing is left to multiply by",
            _wrong(lambda p, hit: (p - hit) * p * (1 - p)),
        ),
        Mistake(
            "squared error",
            "this is the gradient of (p − one-hot)²",
            "which loss does a language model have?",
            _wrong(lambda p, hit: 2 * (p - hit)),
        ),
        Mistake(
            "exponentials too large",
            "e to the power of a large logit is inf, and inf/inf is NaN",
            "the softmax of week 1 subtracts something first",
            _overflowing,
        ),
        Mistake(
            "flattened",
            "batch and seq are one axis: the gradient has to have the logits' shape",
            "the gradient of a tensor has its shape, always",
            lambda logits, targets: _wrong(_difference)(logits, targets).flatten(0, 1),
        ),
        Mistake(
            "averaged over the batch",
            "the rows' gradients are averaged: each logit needs its own",
            "which axes has the gradient of the logits?",
            lambda logits, targets: _wrong(_difference)(logits, targets).mean(0),
        ),
        Mistake(
            "the loss",
            "the loss itself comes back",
            "how does it change with each of the logits?",
            lambda logits, targets: F.cross_entropy(logits.flatten(0, 1), targets.flatten()),
        ),
    ),
)
