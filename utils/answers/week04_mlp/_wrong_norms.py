"""Mistakes in bringing vectors to mean 0 and variance 1, shared by `standardise` and `LayerNorm`."""

import torch

from utils.answers.answer_key import Mistake


def spread(x, correction=0, dim=-1):
    """Variance and mean with the axis kept."""
    return torch.var_mean(x, dim=dim, correction=correction, keepdim=True)


def normed(x, eps):
    """The right step, for mistakes in other steps."""
    variance, mean = spread(x)
    return (x - mean) * (variance + eps).rsqrt()


def _over(*dims):
    def wrong(x, eps):
        variance, mean = spread(x, dim=dims or tuple(range(x.dim())))
        return (x - mean) * (variance + eps).rsqrt()

    return wrong


def _dropping_axes(of_mean, of_variance):
    """keepdim left out for the mean, the variance or both: an error, or with square shapes wrong values."""

    def wrong(x, eps):
        mean = x.mean(-1, keepdim=not of_mean)
        variance = x.var(-1, correction=0, keepdim=not of_variance)
        return (x - mean) * (variance + eps).rsqrt()

    return wrong


def _unbiased(x, eps):
    variance, mean = spread(x, correction=1)
    return (x - mean) * (variance + eps).rsqrt()


def _eps_outside(x, eps):
    variance, mean = spread(x)
    return (x - mean) / (variance**0.5 + eps)


def _eps_forgotten(x, eps):
    variance, mean = spread(x)
    return (x - mean) / variance**0.5


def _by_root_mean_square(x, eps):
    return (x - x.mean(-1, keepdim=True)) * (x.square().mean(-1, keepdim=True) + eps).rsqrt()


def _by_variance(x, eps):
    variance, mean = spread(x)
    return (x - mean) / (variance + eps)


def _times_deviation(x, eps):
    variance, mean = spread(x)
    return (x - mean) * (variance + eps) ** 0.5


def _length_1(x, eps):
    centred = x - spread(x)[1]
    return centred * (centred.square().sum(-1, keepdim=True) + eps).rsqrt()


def _mean_last(x, eps):
    variance, mean = spread(x)
    return x * (variance + eps).rsqrt() - mean


def _by_subtraction(x, eps):
    mean = x.mean(-1, keepdim=True)
    variance = x.square().mean(-1, keepdim=True) - mean.square()
    return (x - mean) / torch.sqrt(variance + eps)


def _mean_distance(x, eps):
    centred = x - spread(x)[1]
    return centred / (centred.abs().mean(-1, keepdim=True) + eps)


WRONG_NORMS = (
    Mistake(
        "variance of a sample",
        "the variance divides by one less than d_model, as for a sample; LayerNorm divides by d_model",
        "torch.var and torch.std do that unless they are told otherwise",
        _unbiased,
    ),
    Mistake(
        "eps outside the root",
        "eps is added after the root; it belongs to the variance, before the root is taken",
        "what does the formula have under its root?",
        _eps_outside,
    ),
    Mistake(
        "eps forgotten",
        "nothing is added to the variance, so that a vector of equal numbers gives 0/0",
        "where does the formula have eps?",
        _eps_forgotten,
    ),
    Mistake(
        "eps fixed at 1e-5",
        "eps is 0.00001 whatever is passed",
        "is the argument eps used?",
        lambda x, eps: normed(x, 1e-5),
    ),
    Mistake(
        "eps fixed at 1e-6",
        "eps is 0.000001 whatever is passed",
        "is the argument eps used?",
        lambda x, eps: normed(x, 1e-6),
    ),
    Mistake(
        "eps fixed at 1e-12",
        "eps is 1e-12 whatever is passed",
        "is the argument eps used?",
        lambda x, eps: normed(x, 1e-12),
    ),
    Mistake(
        "mean not subtracted",
        "the vectors are scaled, but their mean is not subtracted",
        "the mean of each result should be 0: print it",
        lambda x, eps: x * (x.square().mean(-1, keepdim=True) + eps).rsqrt(),
    ),
    Mistake(
        "variance around 0",
        "the variance is taken of x before its mean is subtracted",
        "how far are the numbers from their mean, not from 0?",
        _by_root_mean_square,
    ),
    Mistake(
        "all positions together",
        "one mean and one variance serve all positions of a prompt",
        "each vector has its own: along which single axis?",
        _over(-2, -1),
    ),
    Mistake(
        "everything together",
        "one mean and one variance serve the whole tensor",
        "each vector has its own: which dim?",
        _over(),
    ),
    Mistake(
        "over the positions",
        "mean and variance run over the positions, not over a vector's own numbers",
        "along which axis do the numbers of one vector lie?",
        _over(-2),
    ),
    Mistake(
        "over the first axis",
        "mean and variance run over the batch, not over a vector's own numbers",
        "along which axis do the numbers of one vector lie, counted from the end?",
        _over(0),
    ),
    Mistake(
        "divided by the variance",
        "the root is missing: the vectors are divided by their variance, not by their deviation",
        "the variance of each result should be 1: print it",
        _by_variance,
    ),
    Mistake(
        "multiplied by the deviation",
        "the vectors are multiplied by their deviation instead of divided by it",
        "the variance of each result should be 1: print it",
        _times_deviation,
    ),
    Mistake(
        "not divided",
        "the mean is subtracted, but nothing is divided",
        "the variance of each result should be 1: print it",
        lambda x, eps: x - spread(x)[1],
    ),
    Mistake(
        "scaled to length 1",
        "the squares are added up and not averaged, so that every vector comes out with length 1",
        "a vector of variance 1 has length √d_model",
        _length_1,
    ),
    Mistake(
        "keepdim=False",
        "mean and variance have lost their last axis, so they meet the wrong axis of x",
        "print their shapes: they should end in 1",
        _dropping_axes(True, True),
    ),
    Mistake(
        "keepdim=False for the mean",
        "the mean has lost its last axis, so it meets the wrong axis of x",
        "print its shape: it should end in 1",
        _dropping_axes(True, False),
    ),
    Mistake(
        "keepdim=False for the variance",
        "the variance has lost its last axis, so it meets the wrong axis of x",
        "print its shape: it should end in 1",
        _dropping_axes(False, True),
    ),
    Mistake(
        "mean subtracted last",
        "the mean is subtracted after the division, where it is no longer the mean",
        "what is subtracted must be the mean of what it is subtracted from",
        _mean_last,
    ),
    Mistake(
        "variance by subtraction",
        "mean of the squares less square of the mean: with large numbers close together no digit is left",
        "subtract the mean from x first, then square",
        _by_subtraction,
    ),
    Mistake(
        "half precision",
        "the work is done in half precision, which keeps only three digits",
        "where does the dtype change on the way?",
        lambda x, eps: normed(x.half().float(), eps).half().float(),
    ),
    Mistake(
        "mean distance",
        "the vectors are divided by their mean distance from the mean, not by the root of the mean square",
        "squares first, then the mean, then the root",
        _mean_distance,
    ),
)
"""Each `wrong` takes `x` and `eps`."""
