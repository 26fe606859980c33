"""The answer key of `coordinate_along`: each vector's length times the cosine of its angle, in float64."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.checks import week03_embeddings as checks


def _expected_coordinates(*, vectors, direction):
    wide = vectors.double()
    cosine = F.cosine_similarity(wide, direction.double().expand_as(wide), dim=-1)
    return (wide.norm(dim=-1) * cosine).float()


ANSWER_KEY = AnswerKey(
    check=checks.coordinate_along,
    expected=_expected_coordinates,
    reference="length times cosine in float64",
)
