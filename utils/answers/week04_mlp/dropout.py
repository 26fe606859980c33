"""The answer key of `dropout`: the statistics of torch's own dropout."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week04_mlp as checks
from utils.checks.engine.isolation import isolated_random_state

_SHARES = Tolerance(
    0.0,
    0.02,
    "a fraction of 40,000 random numbers differs by about 0.002 from its probability, seldom by 0.01",
)


def _expected_facts(*, x, p, training):
    with isolated_random_state():
        return _facts([F.dropout(x, p, training), F.dropout(x, p, training)], x, p, training)


def _facts(calls, x, p, training):
    """The statistics of a random output that are compared: fractions, ratios, and how two calls agree."""
    first, second = calls
    zero = first == 0
    ratio = (first / x)[~zero]
    return {
        "numbers that are NaN": int(first.isnan().sum()),
        "fraction of zeros": zero.float().mean().item(),
        "what is kept, divided by x": ratio.mean().item() if ratio.numel() else 0.0,
        "how far that ratio spreads": (ratio.max() - ratio.min()).item() if ratio.numel() else 0.0,
        "vectors that are 0 throughout": int(zero.all(dim=-1).sum()),
        "the same zeros in every prompt": bool((zero == zero[:1]).all()),
        "the same zeros at every position": bool((zero == zero[:, :1]).all()),
        "the same zeros when called again": torch.equal(zero, second == 0),
    }


ANSWER_KEY = AnswerKey(
    check=checks.dropout,
    expected=_expected_facts,
    observe=_facts,
    reference="torch's dropout",
    tolerance=_SHARES,
)
