"""The answer key of `standardise`: torch's layer_norm in float64."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week04_mlp._wrong_norms import WRONG_NORMS, normed
from utils.checks import week04_mlp as checks


def _expected_standard(x, eps):
    return F.layer_norm(x.double(), x.shape[-1:], eps=eps).to(x.dtype)


def _softmaxed(x, eps):
    return normed(x, eps).softmax(-1)


def _first_of_the_batch(x, eps):
    return normed(x[:1], eps).expand_as(x)


ANSWER_KEY = AnswerKey(
    check=checks.standardise,
    expected=_expected_standard,
    reference="torch's layer_norm",
    mistakes=(
        *WRONG_NORMS,
        Mistake(
            "from 0 to 1",
            "the numbers of each vector are stretched to reach from 0 to 1",
            "mean and variance, not smallest and largest",
            lambda x, eps: (x - x.amin(-1, True)) / (x.amax(-1, True) - x.amin(-1, True) + eps),
        ),
        Mistake(
            "shares",
            "the vectors have been through a softmax",
            "LayerNorm shares nothing out: its numbers may be negative",
            _softmaxed,
        ),
        Mistake(
            "first entry for all",
            "every entry of the first axis gets the first one's result",
            "an index 0 where an axis should stay",
            _first_of_the_batch,
        ),
        Mistake(
            "statistics returned",
            "mean and variance come back, not the vectors",
            "what does the function return?",
            lambda x, eps: torch.var_mean(x, -1, correction=0)[::-1],
        ),
    ),
)
