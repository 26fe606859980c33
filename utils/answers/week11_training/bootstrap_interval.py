"""The answer key of `bootstrap_interval`: numpy's quantiles, of statistics computed one run at a time."""

import numpy as np

from utils.answers.answer_key import AnswerKey
from utils.checks import week11_training as checks


def _statistic(losses, weights, chosen):
    means = [sum(row[seed] for seed in seeds) / len(seeds) for row, seeds in zip(losses, chosen, strict=True)]
    return sum((weight * mean) ** 2 for weight, mean in zip(weights, means, strict=True))


def _expected(*, losses, weights, draws, level):
    found = [_statistic(losses.tolist(), weights.tolist(), chosen) for chosen in draws.tolist()]
    low, high = np.percentile(found, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


ANSWER_KEY = AnswerKey(
    check=checks.bootstrap_interval,
    expected=_expected,
    reference="numpy's percentile",
    outputs=("low", "high"),
)
