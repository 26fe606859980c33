"""The answer key of `scaling_curve`: numpy's polyfit, in float64."""

import math

import numpy as np

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week11_training as checks


def _line(x, y):
    slope, height = np.polyfit(np.asarray(x, float), np.asarray(y, float), 1)
    return float(slope), float(height)


def _expected(sizes, losses, floor):
    slope, height = _line(np.log(sizes), np.log(np.asarray(losses) - floor))
    return math.exp(height), -slope


def _floor_forgotten(sizes, losses, floor):
    return _expected(sizes, losses, 0.0)


def _sign_kept(sizes, losses, floor):
    factor, exponent = _expected(sizes, losses, floor)
    return factor, -exponent


def _height_as_factor(sizes, losses, floor):
    factor, exponent = _expected(sizes, losses, floor)
    return math.log(factor), exponent


def _swapped(sizes, losses, floor):
    return _expected(sizes, losses, floor)[::-1]


def _axes_swapped(sizes, losses, floor):
    slope, height = _line(np.log(np.asarray(losses) - floor), np.log(sizes))
    return math.exp(height), -slope


def _base_ten(sizes, losses, floor):
    slope, height = _line(np.log10(sizes), np.log10(np.asarray(losses) - floor))
    return math.exp(height), -slope


def _straight_line(sizes, losses, floor):
    slope, height = _line(sizes, np.asarray(losses) - floor)
    return height, -slope


def _exponential(sizes, losses, floor):
    slope, height = _line(sizes, np.log(np.asarray(losses) - floor))
    return math.exp(height), -slope


def _through_the_origin(sizes, losses, floor):
    x, y = np.log(sizes), np.log(np.asarray(losses) - floor)
    return 1.0, -float((x * y).sum() / (x * x).sum())


def _two_ends(sizes, losses, floor):
    x, y = np.log(sizes), np.log(np.asarray(losses) - floor)
    slope = (y[-1] - y[0]) / (x[-1] - x[0])
    return math.exp(y[0] - slope * x[0]), -float(slope)


ANSWER_KEY = AnswerKey(
    check=checks.scaling_curve,
    expected=_expected,
    reference="numpy's polyfit",
    mistakes=(
        Mistake(
            "floor forgotten",
            "the loss itself is fitted; what falls like a power is its distance from the floor",
            "which part of the loss can a larger model still take away?",
            _floor_forgotten,
        ),
        Mistake(
            "slope as the exponent",
            "the slope is negative; the exponent b in size^(−b) is positive",
            "the sign",
            _sign_kept,
        ),
        Mistake(
            "log of the factor",
            "the line's height at log size 0 is log a, not a",
            "how does one undo a logarithm?",
            _height_as_factor,
        ),
        Mistake(
            "order swapped",
            "b comes before a",
            "the order in the return line: a, b",
            _swapped,
        ),
        Mistake(
            "axes swapped",
            "the sizes are fitted as a function of the losses",
            "which of the two is given, and which follows from it?",
            _axes_swapped,
        ),
        Mistake(
            "two bases",
            "the logarithms are to the base 10, and a is made with e",
            "undo the logarithm with the base that it was taken to",
            _base_ten,
        ),
        Mistake(
            "straight line",
            "a straight line is fitted to the losses themselves",
            "a power law is a straight line only when both axes are logarithmic",
            _straight_line,
        ),
        Mistake(
            "one axis logarithmic",
            "only the losses are logarithmic: that fits an exponential, not a power",
            "both axes",
            _exponential,
        ),
        Mistake(
            "line through the origin",
            "the line is forced through log size 0, log loss 0, so that a is 1",
            "a line has a slope and a height",
            _through_the_origin,
        ),
        Mistake(
            "first and last point only",
            "the line goes through the first and the last point; those between have no say",
            "least squares, over all points",
            _two_ends,
        ),
    ),
)
