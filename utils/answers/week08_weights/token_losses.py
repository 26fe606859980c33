"""The answer key of `token_losses`: torch's own cross-entropy, one token at a time."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.checks import week08_weights as checks
from utils.checks.fakes.trainable_model import SmallModel


def _expected(tokens, weights=None, logits=None):
    if logits is None:
        with torch.no_grad():
            logits = SmallModel(weights)(tokens)
    # In float64: torch's float32 cross-entropy of 50,257 classes is good to four digits, and to three where
    # the classes lie on a middle axis, since it adds up their powers one by one there.
    return F.cross_entropy(logits[:, :-1].mT.double(), tokens[:, 1:], reduction="none").float()


def _with(logits_of=slice(None, -1), tokens_of=slice(1, None), score=None):
    """Return the losses at other positions, or with another `score(log_probabilities, tokens)`."""

    def wrong(model, tokens):
        guesses = F.log_softmax(model(tokens)[:, logits_of], dim=-1)
        return (score or _loss)(guesses, tokens[:, tokens_of])

    return wrong


def _loss(guesses, came):
    return -torch.take_along_dim(guesses, came.unsqueeze(-1), dim=-1).squeeze(-1)


def _scored(change):
    """Return a mistake that changes the right losses."""
    return _with(score=lambda guesses, came: change(_loss(guesses, came)))


def _along(axis):
    def wrong(model, tokens):
        return _loss(F.log_softmax(model(tokens)[:, :-1], dim=axis), tokens[:, 1:])

    return wrong


def _reshaped(model, tokens):
    logits = model(tokens)[:, :-1]
    as_classes = logits.reshape(logits.shape[0], logits.shape[2], logits.shape[1])
    return F.cross_entropy(as_classes, tokens[:, 1:], reduction="none")


def _not_normalised(model, tokens):
    return _loss(model(tokens)[:, :-1], tokens[:, 1:])


def _log_of_softmax(model, tokens):
    shares = torch.softmax(model(tokens)[:, :-1], dim=-1)
    return -_loss(shares, tokens[:, 1:]).neg().log()


ANSWER_KEY = AnswerKey(
    check=checks.token_losses,
    expected=_expected,
    reference="torch's cross-entropy",
    tolerance=Tolerance(1e-3, 3e-3, "torch's own float32 losses over 50,257 tokens are up to 0.0012 off"),
    mistakes=(
        Mistake(
            "not shifted",
            "each position is judged by its own token, which it has just read",
            "position 0 has read token 0: which token does it guess?",
            _with(tokens_of=slice(None, -1)),
        ),
        Mistake(
            "not shifted, all positions",
            "each position is judged by its own token; and the last one, which has no next token, too",
            "position 0 has read token 0: which token does it guess?",
            _with(logits_of=slice(None), tokens_of=slice(None)),
        ),
        Mistake(
            "shifted the wrong way",
            "each position is judged by the token before it",
            "which comes later, the guess's token or the position that makes it?",
            _with(logits_of=slice(1, None), tokens_of=slice(None, -1)),
        ),
        Mistake(
            "shifted twice",
            "each position is judged by the token two places further on",
            "shift once: either the logits lose their last, or the tokens their first, and then both fit",
            _with(logits_of=slice(None, -2), tokens_of=slice(2, None)),
        ),
        Mistake(
            "a 0 for the first token",
            "the first token gets the loss 0, but nobody has guessed it",
            "there are seq − 1 guesses",
            _scored(lambda losses: F.pad(losses, (1, 0))),
        ),
        Mistake(
            "mean of all",
            "the losses are averaged to one number",
            "this exercise wants each token's own",
            _scored(torch.mean),
        ),
        Mistake(
            "mean of each prompt",
            "each prompt's losses are averaged",
            "this exercise wants each token's own",
            _scored(lambda losses: losses.mean(dim=-1)),
        ),
        Mistake(
            "mean over the batch",
            "the prompts are averaged",
            "the batch axis stays",
            _scored(lambda losses: losses.mean(dim=0)),
        ),
        Mistake(
            "minus sign missing",
            "log-probabilities come back: 0 at best, and the worse the more negative",
            "a loss is large where the model was surprised",
            _scored(torch.neg),
        ),
        Mistake(
            "probabilities",
            "the probabilities of the tokens come back",
            "the loss is minus their logarithm",
            _scored(lambda losses: losses.neg().exp()),
        ),
        Mistake(
            "one minus the probability",
            "1 − p comes back",
            "the loss is minus the logarithm of p",
            _scored(lambda losses: 1 - losses.neg().exp()),
        ),
        Mistake(
            "in bits",
            "the losses are in bits",
            "the course counts in nats: the natural logarithm",
            _scored(lambda losses: losses / torch.log(torch.tensor(2.0))),
        ),
        Mistake(
            "logits not normalised",
            "minus the logit comes back; it says nothing without the others",
            "which function of week 1 makes log-probabilities of logits?",
            _not_normalised,
        ),
        Mistake(
            "softmax over the positions",
            "the shares add up to 1 along the positions, not along the vocabulary",
            "the tokens of the vocabulary compete with each other: which axis are they on?",
            _along(1),
        ),
        Mistake(
            "softmax over the batch",
            "the shares add up to 1 along the batch, not along the vocabulary",
            "the tokens of the vocabulary compete with each other: which axis are they on?",
            _along(0),
        ),
        Mistake(
            "reshaped instead of transposed",
            "reshape has put the vocabulary axis in the middle, which mixes the logits of all positions",
            "cross_entropy wants the classes second: an axis is moved with .mT or .transpose",
            _reshaped,
        ),
        Mistake(
            "the likeliest token's loss",
            "the loss is that of the model's first choice, whatever came",
            "where do the tokens that came enter?",
            _with(score=lambda guesses, came: -guesses.amax(dim=-1)),
        ),
        Mistake(
            "entropy of the guess",
            "how unsure the model was comes back, whatever came",
            "where do the tokens that came enter?",
            _with(score=lambda guesses, came: -(guesses.exp() * guesses).sum(-1)),
        ),
        Mistake(
            "first prompt for all",
            "every prompt gets the first one's losses",
            "an index 0 where the batch axis should stay",
            _scored(lambda losses: losses[:1].expand(len(losses), -1)),
        ),
        Mistake(
            "logarithm of a softmax",
            "a probability too small for a float has become 0, and the logarithm of 0 is −inf",
            "log_softmax of week 1 never computes the probability itself",
            _log_of_softmax,
        ),
    ),
)
