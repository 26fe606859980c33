"""Arithmetic with words: a line for an expression, a button, the nearest words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from utils.pictures._vector_math import VectorMath
    from utils.reference import Reference


def vector_math(
    vectors: Mapping[str, Float[Tensor, " d"]] | Reference, expression: str = "king − man + woman"
) -> VectorMath:
    """Which word is nearest when the vectors of words are added and subtracted?

    Write words with + and − between them, and press Enter or the button. Nearest is by cosine similarity.

    Args:
        vectors: A vector for each word; or a reference, whose embedding matrix then has one for each token.
        expression: What is computed at first. For one that cannot be computed, a message takes the answer's
            place.
    """
    from utils.pictures._vector_math import NamedVectors, TokenVectors, VectorMath

    space = NamedVectors(vectors) if isinstance(vectors, Mapping) else TokenVectors(vectors)
    return VectorMath(space, expression)
