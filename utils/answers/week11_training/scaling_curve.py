"""The answer key of `scaling_curve`: numpy's polyfit, in float64."""

import math

import numpy as np

from utils.answers.answer_key import AnswerKey
from utils.checks import week11_training as checks


def _line(x, y):
    slope, height = np.polyfit(np.asarray(x, float), np.asarray(y, float), 1)
    return float(slope), float(height)


def _expected(*, sizes, losses, floor):
    slope, height = _line(np.log(sizes), np.log(np.asarray(losses) - floor))
    return math.exp(height), -slope


ANSWER_KEY = AnswerKey(
    check=checks.scaling_curve,
    expected=_expected,
    reference="numpy's polyfit",
)
