"""The answer key of `difference_of_means`: a weighted sum over the examples, in float64."""

from utils.answers.answer_key import AnswerKey
from utils.checks import week12_inside as checks


def _expected(*, activations, labels):
    ones = labels.double()
    weights = ones / ones.sum() - (1 - ones) / (1 - ones).sum()
    return (activations.double() * weights[:, None]).sum(dim=-2).float()


ANSWER_KEY = AnswerKey(
    check=checks.difference_of_means,
    expected=_expected,
    reference="the means in float64",
)
