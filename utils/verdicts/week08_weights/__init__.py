"""Week 8's verdicts: Hugging Face's GPT-2 says what is right; the mistakes are those that students make."""

from utils.verdicts.week08_weights import (
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

VERDICTS = tuple(
    module.VERDICT
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
"""The verdicts in the order of the exercises."""
