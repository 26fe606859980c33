"""A sentence with patterns to draw."""

from dataclasses import dataclass

import numpy as np
import pytest


@dataclass(frozen=True)
class Sentence:
    """Tokens, and random but reproducible causal patterns over them."""

    tokens: list[str]
    patterns: np.ndarray
    """[n_layers, n_heads, query, key]"""


@pytest.fixture
def sentence() -> Sentence:
    """Five tokens, two of them equal; 2 layers of 3 heads."""
    tokens = ["The", " cat", " saw", " the", " cat"]
    random = np.random.default_rng(5)
    scores = np.exp(random.standard_normal((2, 3, 5, 5))) * np.tri(5)
    return Sentence(tokens, scores / scores.sum(axis=-1, keepdims=True))
