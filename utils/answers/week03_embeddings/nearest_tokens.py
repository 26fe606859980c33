"""The answer key of `nearest_tokens`: torch's cosine similarity in float64, sorted."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week03_embeddings._ranks import cosines, ranked, without
from utils.checks import week03_embeddings as checks


def _expected_nearest(*, W_E, vector, k, exclude):
    return ranked(without(cosines(W_E, vector), exclude or ()), k)


ANSWER_KEY = AnswerKey(
    check=checks.nearest_tokens,
    expected=_expected_nearest,
    reference="torch's cosine similarity",
    outputs=("ids", "similarities"),
)
