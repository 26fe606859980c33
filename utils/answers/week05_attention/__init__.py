"""The answer keys of week 5: expected values from HF's GPT-2 attention, and the known mistakes."""

from utils.answers.week05_attention import (
    attention_by_loops,
    attention_head,
    attention_pattern,
    attention_scores,
    causal_mask,
    context_changes_vectors,
    padding_aware_pattern,
    project_qkv,
    shape_table,
    weighted_values,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        project_qkv,
        attention_scores,
        causal_mask,
        attention_pattern,
        weighted_values,
        attention_head,
        context_changes_vectors,
        shape_table,
        attention_by_loops,
        padding_aware_pattern,
    )
)
"""The answer keys in the order of the exercises."""
