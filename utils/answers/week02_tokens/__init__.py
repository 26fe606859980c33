"""The answer keys of week 2: expected values from HF's tokenizer, and the known mistakes."""

from utils.answers.week02_tokens import (
    build_vocab,
    bytes_per_token,
    bytes_to_unicode,
    count_pairs,
    decode,
    encode,
    encode_special,
    encode_word,
    fast_encoder,
    merge_pair,
    pretokenize,
    shape_table,
    train_bpe,
    utf8_bytes,
)

ANSWER_KEYS = tuple(
    module.ANSWER_KEY
    for module in (
        utf8_bytes,
        bytes_to_unicode,
        pretokenize,
        count_pairs,
        merge_pair,
        train_bpe,
        encode_word,
        build_vocab,
        encode,
        decode,
        encode_special,
        shape_table,
        bytes_per_token,
        fast_encoder,
    )
)
"""The answer keys in the order of the exercises."""
