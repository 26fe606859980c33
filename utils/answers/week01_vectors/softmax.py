"""The answer key of `softmax`: torch.nn.functional.softmax."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.answers.week01_vectors._pieces import max_as_a_number, powers, shares, without_keepdim
from utils.checks import week01_vectors as checks

_COARSE = Tolerance(
    2e-3, 1e-6, "near 10,000 float32's steps are 0.001 wide, and x − log(sum) may be rounded there"
)


def _expected_shares(x, dim):
    return F.softmax(x, dim=-1 if dim is None else dim)


def _normalised(weights, dim):
    return weights.div(weights.sum(dim, keepdim=True))


def _shifted_by(pick):
    """A softmax that subtracts something other than the largest number along `dim`."""
    return lambda x, dim=-1: _normalised((x - pick(x, dim)).exp(), dim)


ANSWER_KEY = AnswerKey(
    check=checks.softmax,
    expected=_expected_shares,
    tolerance=_COARSE,
    reference="torch's softmax",
    mistakes=(
        Mistake(
            "exp overflows",
            "e to the power of a large number is inf, and inf/inf is NaN",
            "if the same number is subtracted from all, the shares stay: which one keeps every power small?",
            lambda x, dim=-1: _normalised(x.exp(), dim),
        ),
        Mistake(
            "largest of all subtracted",
            "the largest number of the whole tensor is subtracted: in a row far below it every power is 0",
            "each row has its own largest number: amax takes dim and keepdim",
            _shifted_by(lambda x, dim: x.max()),
        ),
        Mistake(
            "largest absolute value subtracted",
            "the largest absolute value is subtracted: next to −10,000 every power is 0",
            "the largest number, with its sign",
            _shifted_by(lambda x, dim: x.masked_fill(x.isinf(), 0).abs().amax(dim, keepdim=True)),
        ),
        Mistake(
            "smallest subtracted",
            "the smallest number is subtracted, so that large ones still overflow",
            "after the subtraction no number should be above 0",
            _shifted_by(lambda x, dim: x.amin(dim, keepdim=True)),
        ),
        Mistake(
            "mean subtracted",
            "the mean is subtracted, so that large numbers still overflow",
            "after the subtraction no number should be above 0",
            _shifted_by(lambda x, dim: x.mean(dim, keepdim=True)),
        ),
        Mistake(
            "cut off",
            "large numbers are cut off, so that different ones get equal shares",
            "subtract instead: that changes no share",
            lambda x, dim=-1: _normalised(x.clamp(-80, 80).exp(), dim),
        ),
        Mistake(
            "dim ignored",
            "the shares add up to 1 along the last axis, whatever dim says",
            "where does dim appear in your lines?",
            lambda x, dim=-1: shares(x, -1),
        ),
        Mistake(
            "first axis",
            "the shares add up to 1 along the first axis, whatever dim says",
            "where does dim appear in your lines?",
            lambda x, dim=-1: shares(x, 0),
        ),
        Mistake(
            "shares of everything",
            "all shares of the whole tensor together add up to 1",
            "sum() without dim adds up everything",
            lambda x, dim=-1: powers(x, dim) / powers(x, dim).sum(),
        ),
        Mistake(
            "not divided by the sum",
            "these are the powers: they do not add up to 1",
            "a share is a part of a whole: what is the whole?",
            powers,
        ),
        Mistake(
            "divided by the mean",
            "the powers are divided by their mean, so that they add up to their number",
            "shares add up to 1",
            lambda x, dim=-1: powers(x, dim) / powers(x, dim).mean(dim, keepdim=True),
        ),
        Mistake(
            "no powers",
            "the numbers themselves are divided by their sum",
            "a share is never negative: what turns any number into a positive one?",
            lambda x, dim=-1: _normalised(x, dim),
        ),
        Mistake(
            "powers of 2",
            "the base is 2, not e",
            "torch.exp raises e",
            _shifted_by(lambda x, dim: x - ((x - x.amax(dim, keepdim=True)) * 0.6931471805599453)),
        ),
        Mistake(
            "sign turned",
            "the smallest number gets the largest share",
            "is there a minus too many in the power?",
            lambda x, dim=-1: shares(-x, dim),
        ),
        Mistake(
            "each number by itself",
            "each number is squeezed between 0 and 1 by itself, without the others",
            "that is a sigmoid; shares depend on all numbers along dim",
            lambda x, dim=-1: x.sigmoid(),
        ),
        Mistake(
            "log of the shares",
            "these are the logarithms of the shares",
            "that is the next exercise",
            lambda x, dim=-1: shares(x, dim).log(),
        ),
        Mistake(
            "softmax twice",
            "the shares have been through a second softmax, which makes them nearly equal",
            "shares are no scores any more",
            lambda x, dim=-1: shares(shares(x, dim), dim),
        ),
        Mistake(
            "keepdim forgotten",
            "the sum (or the maximum) has lost its axis, so that it meets the wrong one or none",
            "keepdim=True keeps the summed axis, with size 1",
            without_keepdim,
        ),
        Mistake(
            "max gives two things",
            "max with a dim returns the values and their places",
            "amax returns the values alone",
            max_as_a_number,
        ),
        Mistake(
            "−inf gets a share",
            "entries of −inf get a share",
            "e to the power of −inf is 0: nothing has to be done about them",
            lambda x, dim=-1: shares(x.masked_fill(x == -torch.inf, 0.0), dim),
        ),
        Mistake(
            "turned into float32",
            "the result is float32, whatever came in",
            "the result has the input's dtype: no .float()",
            lambda x, dim=-1: shares(x, dim).float(),
        ),
    ),
)
