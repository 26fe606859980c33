"""The answer keys of week 3: expected values from HF's GPT-2 at both ends and from torch's own functions."""

from utils.answers.week03_embeddings import (
    analogy,
    coordinate_along,
    embed,
    embed_tokens,
    gender_direction,
    my_analogy,
    nearest_tokens,
    order_matters,
    pca_3d,
    pos_embed,
    shape_table,
    sinusoidal_positions,
    unembed,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        embed,
        nearest_tokens,
        analogy,
        my_analogy,
        gender_direction,
        coordinate_along,
        pos_embed,
        embed_tokens,
        order_matters,
        unembed,
        shape_table,
        pca_3d,
        sinusoidal_positions,
    )
)
"""The answer keys in the order of the exercises."""
