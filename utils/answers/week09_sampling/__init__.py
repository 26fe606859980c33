"""The answer keys of week 9: expected values from HF's logits processors and HF's generate."""

from utils.answers.week09_sampling import (
    adjust_logits,
    apply_temperature,
    beam_search,
    cached_attention,
    cached_generate,
    cached_logits,
    frequency_penalty,
    generate,
    greedy,
    kv_cache,
    minimum_length,
    no_repeat_ngram,
    repetition_penalty,
    sample_token,
    shape_table,
    top_k_filter,
    top_p_filter,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        greedy,
        apply_temperature,
        sample_token,
        top_k_filter,
        top_p_filter,
        repetition_penalty,
        frequency_penalty,
        minimum_length,
        adjust_logits,
        generate,
        shape_table,
        beam_search,
        no_repeat_ngram,
        kv_cache,
        cached_attention,
        cached_logits,
        cached_generate,
    )
)
"""The answer keys in the order of the exercises."""
