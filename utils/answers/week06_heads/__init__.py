"""The answer keys of week 6: expected values from HF's GPT-2 attention, and the known mistakes."""

from utils.answers.week06_heads import (
    first_token_score,
    grouped_query_attention,
    head_outputs,
    induction_score,
    multi_head_attention,
    packed_qkv,
    previous_token_score,
    project_heads,
    rotary_positions,
    sdpa_attention,
    shape_table,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        packed_qkv,
        project_heads,
        head_outputs,
        multi_head_attention,
        previous_token_score,
        first_token_score,
        induction_score,
        shape_table,
        sdpa_attention,
        grouped_query_attention,
        rotary_positions,
    )
)
"""The answer keys in the order of the exercises."""
