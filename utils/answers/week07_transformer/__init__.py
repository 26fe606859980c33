"""The answer keys of week 7: expected values from HF's GPT-2, and the known mistakes."""

from utils.answers.week07_transformer import (
    count_parameters,
    flops_per_token,
    gpt2,
    gradient_norms,
    init_weights,
    is_causal,
    llama,
    llama_attention,
    memory_needed,
    parallel_block,
    post_norm_block,
    residual_stream,
    shape_table,
    transformer_block,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
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
        gradient_norms,
        llama_attention,
        llama,
    )
)
"""The answer keys in the order of the exercises."""
