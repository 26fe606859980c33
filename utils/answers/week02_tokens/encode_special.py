"""The answer key of `encode_special`: GPT-2's own tokenizer with the special tokens added."""

import functools

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week02_tokens as checks
from utils.reference.tokenizer_files import vocabulary_files


@functools.cache
def _with_special(special_tokens):
    """HF's byte-level BPE with GPT-2's merges, to which these tokens are special, and no others."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    tokenizer = Tokenizer(BPE.from_file(*map(str, vocabulary_files())))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.add_special_tokens(list(special_tokens))
    return tokenizer


def _expected_special(*, text, merges, vocab, special_tokens):
    ids = dict(vocab)
    return [ids[token] for token in _with_special(tuple(special_tokens)).encode(text).tokens]


ANSWER_KEY = AnswerKey(
    check=checks.encode_special,
    expected=_expected_special,
    tolerance=EXACT,
)
