"""The answer keys of week 8: expected values from HF's GPT-2, and the known mistakes."""

from utils.answers.week08_weights import (
    bits_per_byte,
    cloze_accuracy,
    context_window,
    fix_conv1d,
    hf_shapes,
    load_from_file,
    load_gpt2,
    logits_match,
    name_map,
    perplexity,
    shape_table,
    split_c_attn,
    token_losses,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        name_map,
        split_c_attn,
        fix_conv1d,
        load_gpt2,
        logits_match,
        token_losses,
        perplexity,
        bits_per_byte,
        context_window,
        cloze_accuracy,
        shape_table,
        hf_shapes,
        load_from_file,
    )
)
"""The answer keys in the order of the exercises."""
