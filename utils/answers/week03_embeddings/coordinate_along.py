"""The answer key of `coordinate_along`: each vector's length times the cosine of its angle, in float64."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week03_embeddings as checks


def _expected_coordinates(vectors, direction):
    wide = vectors.double()
    cosine = F.cosine_similarity(wide, direction.double().expand_as(wide), dim=-1)
    return (wide.norm(dim=-1) * cosine).float()


def _dots(vectors, direction):
    return vectors.matmul(direction)


ANSWER_KEY = AnswerKey(
    check=checks.coordinate_along,
    expected=_expected_coordinates,
    reference="length times cosine in float64",
    mistakes=(
        Mistake(
            "direction's length not divided out",
            "these are dot products: a longer direction gives larger numbers",
            "the direction may have any length; the coordinate must not depend on it",
            _dots,
        ),
        Mistake(
            "divided by the squared length",
            "the dot product is divided by the direction's length twice",
            "once is enough: how long is direction / length?",
            lambda vectors, direction: _dots(vectors, direction) / direction.square().sum(),
        ),
        Mistake(
            "cosine similarity",
            "these are cosines: the lengths of the vectors have been divided out as well",
            "a vector that is twice as long goes twice as far",
            lambda vectors, direction: F.cosine_similarity(vectors, direction.expand_as(vectors), dim=-1),
        ),
        Mistake(
            "only the vectors' lengths divided out",
            "the dot products are divided by the lengths of the vectors, not by that of the direction",
            "whose length must not matter?",
            lambda vectors, direction: _dots(F.normalize(vectors, dim=-1), direction),
        ),
        Mistake(
            "the part along the direction",
            "this is the part of each vector that lies along the direction, itself a vector",
            "one number for each vector is asked for",
            lambda vectors, direction: (
                _expected_coordinates(vectors, direction)[..., None] * F.normalize(direction, dim=0)
            ),
        ),
        Mistake(
            "the part across the direction",
            "this is what is left of each vector when the direction is taken out",
            "one number for each vector is asked for",
            lambda vectors, direction: (
                vectors - _expected_coordinates(vectors, direction)[..., None] * F.normalize(direction, dim=0)
            ),
        ),
        Mistake(
            "not summed",
            "the products are not added up: each vector still has d_model numbers",
            "which axis does a dot product sum?",
            lambda vectors, direction: vectors * F.normalize(direction, dim=0),
        ),
        Mistake(
            "averaged",
            "the products are averaged, not added up",
            "a dot product is a sum",
            lambda vectors, direction: vectors.mul(F.normalize(direction, dim=0)).mean(-1),
        ),
        Mistake(
            "sign lost",
            "a vector that goes the other way has a negative coordinate, and here it has not",
            "where does an absolute value or a length come in?",
            lambda vectors, direction: _expected_coordinates(vectors, direction).abs(),
        ),
        Mistake(
            "sign turned round",
            "every coordinate has the wrong sign",
            "vectors that point the same way as the direction are positive",
            lambda vectors, direction: -_expected_coordinates(vectors, direction),
        ),
        Mistake(
            "distance to the direction",
            "these are distances to the end of the direction",
            "how far along it, not how far from it?",
            lambda vectors, direction: (vectors - direction).norm(dim=-1),
        ),
        Mistake(
            "lengths",
            "these are the lengths of the vectors",
            "where does the direction come in?",
            lambda vectors, direction: vectors.norm(dim=-1),
        ),
        Mistake(
            "everything in one number",
            "all vectors have been added up into one number",
            "one number for each vector: which axis is summed?",
            lambda vectors, direction: _expected_coordinates(vectors, direction).sum(),
        ),
    ),
)
