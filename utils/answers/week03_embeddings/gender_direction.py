"""The answer key of `gender_direction`: the mean of the differences in float64, at length 1."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.checks import week03_embeddings as checks


def _ends(W_E, pairs):
    """The pairs' first and second vectors, [pair, d_model] each, in float64."""
    first, second = pairs.unbind(dim=1)
    return W_E.double().index_select(0, first), W_E.double().index_select(0, second)


def _at_length_1(way):
    return F.normalize(way, dim=-1).float()


def _expected_direction(*, W_E, pairs):
    first, second = _ends(W_E, pairs)
    return _at_length_1((second - first).mean(dim=0))


ANSWER_KEY = AnswerKey(
    check=checks.gender_direction,
    expected=_expected_direction,
    reference="the mean step in float64",
)
