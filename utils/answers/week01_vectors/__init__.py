"""The answer keys of week 1: expected values from torch's own functions, and the known mistakes."""

from utils.answers.week01_vectors import (
    attention_scores_einsum,
    cosine_similarity,
    cross_entropy,
    cumsum,
    dot_product,
    log_softmax,
    merge_heads,
    one_hot_lookup,
    outer,
    roll,
    shape_table,
    softmax,
    split_heads,
    top_next_tokens,
    triu,
    vector_arithmetic,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        dot_product,
        cosine_similarity,
        split_heads,
        merge_heads,
        attention_scores_einsum,
        softmax,
        log_softmax,
        cross_entropy,
        one_hot_lookup,
        top_next_tokens,
        shape_table,
        vector_arithmetic,
        outer,
        triu,
        cumsum,
        roll,
    )
)
"""The answer keys in the order of the exercises."""
