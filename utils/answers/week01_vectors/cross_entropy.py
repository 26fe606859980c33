"""The answer key of `cross_entropy`: torch.nn.functional.cross_entropy."""

import math

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week01_vectors._pieces import log_shares, shares
from utils.checks import week01_vectors as checks


def _expected_loss(logits, targets):
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten())


def _of_targets(values, targets):
    """The entry of each position's target."""
    return values.take_along_dim(targets.unsqueeze(-1), dim=-1).squeeze(-1)


def _surprises(logits, targets):
    return _of_targets(log_shares(logits), targets).neg()


def _axes_mixed(logits, targets):
    flat = logits.transpose(-1, -2).reshape(-1, logits.shape[-1])
    return _surprises(flat, targets.flatten()).mean()


def _target_of_the_next(logits, targets):
    return _surprises(logits[:, :-1], targets[:, 1:]).mean() if targets.dim() > 1 else _whole(logits, targets)


def _whole(logits, targets):
    return _surprises(logits, targets).mean()


def _without_token_0(logits, targets):
    return _surprises(logits, targets)[targets != 0].mean()


ANSWER_KEY = AnswerKey(
    check=checks.cross_entropy,
    expected=_expected_loss,
    reference="torch.nn.functional",
    mistakes=(
        Mistake(
            "sum",
            "the surprises are added up, so that longer texts look worse",
            "an average over all targets is asked for",
            lambda logits, targets: _surprises(logits, targets).sum(),
        ),
        Mistake(
            "mean over the batch only",
            "the sum is divided by the number of prompts, not by the number of targets",
            "mean() over everything does it at once",
            lambda logits, targets: _surprises(logits, targets).sum() / len(targets),
        ),
        Mistake(
            "not averaged",
            "there is a number for each target; one for all of them is asked for",
            "an average over all targets",
            _surprises,
        ),
        Mistake(
            "averaged over the vocabulary too",
            "the sum is also divided by d_vocab: the zeros of the one-hot rows are averaged in",
            "sum over the vocabulary first, then average over the targets",
            lambda logits, targets: _whole(logits, targets) / logits.shape[-1],
        ),
        Mistake(
            "sign missing",
            "the sign is turned: a loss is 0 at best and grows when the model is wrong",
            "a logarithm of a probability is negative",
            lambda logits, targets: -_whole(logits, targets),
        ),
        Mistake(
            "no softmax",
            "the logits themselves are averaged, not their log-probabilities",
            "which of your functions turns logits into log-probabilities?",
            lambda logits, targets: -_of_targets(logits, targets).mean(),
        ),
        Mistake(
            "probabilities without the log",
            "the probabilities of the targets are averaged, without a logarithm",
            "surprise is minus the logarithm of a probability",
            lambda logits, targets: -_of_targets(shares(logits), targets).mean(),
        ),
        Mistake(
            "log of the mean",
            "the probabilities are averaged first and the logarithm comes last",
            "each target has its own surprise: average those",
            lambda logits, targets: -_of_targets(shares(logits), targets).mean().log(),
        ),
        Mistake(
            "softmax twice",
            "the logits have been through a softmax before they come to log_softmax",
            "log_softmax contains the softmax",
            lambda logits, targets: _surprises(shares(logits), targets).mean(),
        ),
        Mistake(
            "log of 0",
            "a probability was rounded to 0 before its logarithm was taken",
            "log_softmax never computes the probability itself",
            lambda logits, targets: -_of_targets(shares(logits), targets).log().mean(),
        ),
        Mistake(
            "a small number added",
            "a small number is added before the logarithm, so that the worst surprises look harmless",
            "log_softmax needs no protection",
            lambda logits, targets: -_of_targets(shares(logits), targets).add(1e-9).log().mean(),
        ),
        Mistake(
            "bits",
            "the logarithm has base 2: this is the loss in bits",
            "the loss of GPT-2 is counted with the natural logarithm",
            lambda logits, targets: _whole(logits, targets) / math.log(2),
        ),
        Mistake(
            "perplexity",
            "e has been raised to the power of the loss, which gives the perplexity",
            "that is week 8; here the loss itself",
            lambda logits, targets: _whole(logits, targets).exp(),
        ),
        Mistake(
            "likeliest token",
            "the likeliest token's surprise is averaged, whatever the target was",
            "where do the targets come in?",
            lambda logits, targets: -log_shares(logits).amax(-1).mean(),
        ),
        Mistake(
            "shares along the wrong axis",
            "the probabilities add up to 1 along the second axis, not over the vocabulary",
            "the vocabulary is the last axis",
            lambda logits, targets: (
                -_of_targets(log_shares(logits, 1 if logits.dim() > 2 else 0), targets).mean()
            ),
        ),
        Mistake(
            "axes mixed by a reshape",
            "the last two axes are exchanged before the reshape, so that numbers of several positions mix",
            "flatten the axes in front, and leave d_vocab where it is: last",
            _axes_mixed,
        ),
        Mistake(
            "shifted here",
            "the targets are shifted by one position inside",
            "targets[i] belongs to logits[i]; whoever calls the function has shifted already",
            _target_of_the_next,
        ),
        Mistake(
            "token 0 left out",
            "targets with id 0 are left out, as if 0 meant padding",
            "for GPT-2 id 0 is a token like any other: the exclamation mark",
            _without_token_0,
        ),
        Mistake(
            "first prompt only",
            "only the first entry of the batch counts",
            "an index 0 where the batch axis should stay",
            lambda logits, targets: _surprises(logits[:1], targets[:1]).mean(),
        ),
        Mistake(
            "squared error",
            "this is the squared error between probabilities and one-hot targets",
            "surprise is minus the logarithm of a probability",
            lambda logits, targets: F.mse_loss(
                shares(logits), F.one_hot(targets, logits.shape[-1]).to(logits.dtype)
            ),
        ),
        Mistake(
            "a number without its gradient",
            "a plain Python number comes back: training could not find its way through it",
            "return the tensor: no .item()",
            lambda logits, targets: _whole(logits, targets).item(),
        ),
        Mistake(
            "share of hits",
            "this is how often the likeliest token was right",
            "that is accuracy; the loss asks how surprised the model was",
            lambda logits, targets: (logits.argmax(-1) == targets).to(logits.dtype).mean(),
        ),
        Mistake(
            "targets lack an axis",
            "gather wants as many axes in its index as in its table, and targets has one fewer",
            "which axis must targets get, and where? None in an index inserts one",
            lambda logits, targets: -log_shares(logits).gather(-1, targets).mean(),
        ),
        Mistake(
            "exp overflows",
            "e to the power of a large logit is inf",
            "your log_softmax takes care of large numbers: is it used?",
            lambda logits, targets: -(_of_targets(logits, targets) - logits.exp().sum(-1).log()).mean(),
        ),
    ),
)
