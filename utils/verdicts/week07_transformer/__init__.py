"""Week 7's verdicts: HF's GPT-2 says what is right; the mistakes are those that students make."""

from utils.verdicts.week07_transformer import (
    count_parameters,
    flops_per_token,
    gpt2,
    init_weights,
    is_causal,
    memory_needed,
    parallel_block,
    post_norm_block,
    residual_stream,
    shape_table,
    transformer_block,
)

VERDICTS = tuple(
    module.VERDICT
    for module in (
        transformer_block,
        gpt2,
        residual_stream,
        count_parameters,
        init_weights,
        is_causal,
        flops_per_token,
        shape_table,
        memory_needed,
        post_norm_block,
        parallel_block,
    )
)
"""The verdicts in the order of the exercises."""
