"""The answer key of `dropout`: the statistics of torch's own dropout."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.checks import week04_mlp as checks
from utils.checks.engine.isolation import isolated_random_state

_SHARES = Tolerance(
    0.0, 0.02, "a share of 40,000 random numbers strays by 0.002 from its probability, seldom by 0.01"
)


def _expected_facts(x, p, training):
    with isolated_random_state():
        return _facts([F.dropout(x, p, training), F.dropout(x, p, training)], x, p, training)


def _facts(calls, x, p, training):
    """The statistics of a random output that are compared: shares, ratios, and how two calls agree."""
    first, second = calls
    zero = first == 0
    ratio = (first / x)[~zero]
    return {
        "numbers that are NaN": int(first.isnan().sum()),
        "share of zeros": zero.float().mean().item(),
        "what is kept, divided by x": ratio.mean().item() if ratio.numel() else 0.0,
        "how far that ratio spreads": (ratio.max() - ratio.min()).item() if ratio.numel() else 0.0,
        "vectors that are 0 throughout": int(zero.all(dim=-1).sum()),
        "the same zeros in every prompt": bool((zero == zero[:1]).all()),
        "the same zeros at every position": bool((zero == zero[:, :1]).all()),
        "the same zeros when called again": torch.equal(zero, second == 0),
    }


def _kept(shape, p):
    return torch.rand(shape) >= p


def _dropped(x, p):
    """The right dropout, for mistakes in other steps."""
    return x.masked_fill(~_kept(x.shape, p), 0.0).div(1 - p)


def _in_training(wrong):
    """A mistake that only shows in train mode: `wrong(x, p)`."""
    return lambda x, p, training: wrong(x, p) if training else x.clone()


def _masked(shape_of, scale=lambda p: 1 / (1 - p)):
    """A mask of a shape that is broadcast over x."""
    return _in_training(lambda x, p: _kept(shape_of(x), p) * x * scale(p))


def _seeded(x, p):
    torch.manual_seed(1)
    return torch.where(_kept(x.shape, p), x / (1 - p), 0.0)


ANSWER_KEY = AnswerKey(
    check=checks.dropout,
    expected=_expected_facts,
    observe=_facts,
    reference="torch's dropout",
    tolerance=_SHARES,
    mistakes=(
        Mistake(
            "not scaled up",
            "what is kept stays as it was, so that on average the numbers shrink",
            "a share p is gone: by how much must the rest grow for the mean to stay?",
            _masked(lambda x: x.shape, lambda p: 1.0),
        ),
        Mistake(
            "scaled down",
            "what is kept is multiplied by 1 − p instead of divided by it",
            "a share p is gone: must the rest grow or shrink?",
            _masked(lambda x: x.shape, lambda p: 1 - p),
        ),
        Mistake(
            "divided by p",
            "what is kept is divided by p",
            "which share is kept?",
            _in_training(lambda x, p: _kept(x.shape, p) * x / p),
        ),
        Mistake(
            "divided by the root",
            "what is kept is divided by the root of 1 − p",
            "what should stay the same: the mean",
            _masked(lambda x: x.shape, lambda p: (1 - p) ** -0.5),
        ),
        Mistake(
            "p kept",
            "the share p is kept, and the rest is dropped",
            "p is the probability of being dropped",
            _in_training(lambda x, p: torch.zeros_like(x) if p == 1 else x * ~_kept(x.shape, p) / (1 - p)),
        ),
        Mistake(
            "p kept, scaled to match",
            "p is taken for the probability of being kept",
            "p is the probability of being dropped",
            _in_training(lambda x, p: x * ~_kept(x.shape, p) / p),
        ),
        Mistake(
            "active in eval mode",
            "numbers are dropped in eval mode, too",
            "what is the argument training for?",
            lambda x, p, training: _dropped(x, p),
        ),
        Mistake(
            "the wrong mode",
            "numbers are dropped in eval mode, and none in train mode",
            "what is True in train mode?",
            lambda x, p, training: x.clone() if training else _dropped(x, p),
        ),
        Mistake(
            "nothing dropped",
            "nothing is ever dropped",
            "is the masked tensor what you return?",
            lambda x, p, training: x.clone(),
        ),
        Mistake(
            "scaled in eval mode instead",
            "nothing is scaled in train mode; in eval mode everything is multiplied by 1 − p instead",
            "eval mode leaves x as it is: the scaling belongs to train mode",
            lambda x, p, training: x * _kept(x.shape, p) if training else x * (1 - p),
        ),
        Mistake(
            "scaled in both modes",
            "eval mode divides by 1 − p as well, though nothing was dropped",
            "eval mode leaves x as it is",
            lambda x, p, training: _dropped(x, p) if training else x / (1 - p),
        ),
        Mistake(
            "whole vectors",
            "whole vectors are dropped, all numbers of a token together",
            "each number decides for itself: what is the shape of your random numbers?",
            _masked(lambda x: (*x.shape[:-1], 1)),
        ),
        Mistake(
            "the same in every prompt",
            "all prompts of the batch lose the same numbers",
            "each number decides for itself: what is the shape of your random numbers?",
            _masked(lambda x: x.shape[1:]),
        ),
        Mistake(
            "the same at every position",
            "all positions lose the same numbers",
            "each number decides for itself: what is the shape of your random numbers?",
            _masked(lambda x: (len(x), 1, x.shape[-1])),
        ),
        Mistake(
            "one mask for all",
            "all positions of all prompts lose the same numbers",
            "each number decides for itself: what is the shape of your random numbers?",
            _masked(lambda x: x.shape[-1:]),
        ),
        Mistake(
            "all or nothing",
            "either everything is dropped or nothing",
            "how many random numbers did you draw?",
            _masked(lambda x: ()),
        ),
        Mistake(
            "the same every time",
            "every call drops the same numbers",
            "where is a seed set?",
            _in_training(_seeded),
        ),
        Mistake(
            "normal noise",
            "the random numbers are normal ones, so that the share of zeros is not p",
            "which function draws evenly from 0 to 1?",
            _in_training(lambda x, p: x * (torch.randn(x.shape) > p) / (1 - p)),
        ),
    ),
)
