"""The answer key of `log_softmax`: torch.nn.functional.log_softmax."""

import math

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.answers.week01_vectors._pieces import (
    log_shares,
    max_as_a_number,
    powers,
    shares,
    without_keepdim,
)
from utils.checks import week01_vectors as checks

_COARSE = Tolerance(
    1e-4, 2e-3, "near 10,000 float32's steps are 0.001 wide, and x − log(sum) may be rounded there"
)


def _expected_logs(x, dim):
    return F.log_softmax(x, dim=-1 if dim is None else dim)


def _total(x, dim):
    return powers(x, dim).sum(dim, keepdim=True)


def _shift(x, dim):
    return x.sub(x.amax(dim, keepdim=True))


ANSWER_KEY = AnswerKey(
    check=checks.log_softmax,
    expected=_expected_logs,
    tolerance=_COARSE,
    reference="torch's log_softmax",
    mistakes=(
        Mistake(
            "log of a share of 0",
            "the share was rounded to 0 before its logarithm was taken, and log 0 is −inf",
            "the logarithm of a fraction is a difference: do you have to compute the fraction at all?",
            lambda x, dim=-1: shares(x, dim).log(),
        ),
        Mistake(
            "a small number added",
            "a small number is added before the logarithm, so that unlikely tokens all look alike",
            "with the logarithm written as a difference nothing needs protection",
            lambda x, dim=-1: shares(x, dim).add(1e-9).log(),
        ),
        Mistake(
            "exp overflows",
            "e to the power of a large number is inf",
            "subtract the largest number first, as in softmax",
            lambda x, dim=-1: x - x.exp().sum(dim, keepdim=True).log(),
        ),
        Mistake(
            "largest number lost",
            "the largest number is subtracted inside the sum, but not from x itself",
            "both terms of the difference need the shifted numbers",
            lambda x, dim=-1: x - _total(x, dim).log(),
        ),
        Mistake(
            "largest of all subtracted",
            "the largest number of the whole tensor is subtracted: in a row far below it every power is 0",
            "each row has its own largest number",
            lambda x, dim=-1: (x - x.max()) - (x - x.max()).exp().sum(dim, keepdim=True).log(),
        ),
        Mistake(
            "only shifted",
            "the largest number is subtracted, and that is all",
            "which second term makes the powers of your results add up to 1?",
            lambda x, dim=-1: _shift(x, dim),
        ),
        Mistake(
            "log of the sum missing",
            "the sum of the powers is subtracted, not its logarithm",
            "the logarithm of a fraction: log of the top minus log of the bottom",
            lambda x, dim=-1: _shift(x, dim) - _total(x, dim),
        ),
        Mistake(
            "added instead of subtracted",
            "the logarithm of the sum is added",
            "the logarithm of a fraction: log of the top minus log of the bottom",
            lambda x, dim=-1: _shift(x, dim) + _total(x, dim).log(),
        ),
        Mistake(
            "divided by the log",
            "the numbers are divided by the logarithm of the sum",
            "the logarithm of a fraction is a difference",
            lambda x, dim=-1: _shift(x, dim) / _total(x, dim).log(),
        ),
        Mistake(
            "mean of the powers",
            "the logarithm is taken of the mean of the powers, not of their sum",
            "shares add up to 1: what is each power divided by?",
            lambda x, dim=-1: _shift(x, dim) - powers(x, dim).mean(dim, keepdim=True).log(),
        ),
        Mistake(
            "shares",
            "these are the shares, without the logarithm",
            "a logarithm of a share is 0 or less",
            shares,
        ),
        Mistake(
            "sign turned",
            "the sign is turned: these are surprises, which are 0 or more",
            "a logarithm of a share is 0 or less",
            lambda x, dim=-1: -log_shares(x, dim),
        ),
        Mistake(
            "logarithm to base 2",
            "the base is 2, not e",
            "torch.log has base e",
            lambda x, dim=-1: log_shares(x, dim) / math.log(2),
        ),
        Mistake(
            "dim ignored",
            "the shares add up to 1 along the last axis, whatever dim says",
            "where does dim appear in your lines?",
            lambda x, dim=-1: log_shares(x, -1),
        ),
        Mistake(
            "shares of everything",
            "all shares of the whole tensor together add up to 1",
            "sum() without dim adds up everything",
            lambda x, dim=-1: _shift(x, dim) - powers(x, dim).sum().log(),
        ),
        Mistake(
            "keepdim forgotten",
            "the sum (or the maximum) has lost its axis, so that it meets the wrong one or none",
            "keepdim=True keeps the summed axis, with size 1",
            lambda x, dim=-1: without_keepdim(x, dim).log(),
        ),
        Mistake(
            "max gives two things",
            "max with a dim returns the values and their places",
            "amax returns the values alone",
            max_as_a_number,
        ),
    ),
)
