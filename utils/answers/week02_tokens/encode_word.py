"""The answer key of `encode_word`: Hugging Face's BPE with the same merges."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import merge_by_hf
from utils.checks import week02_tokens as checks

ANSWER_KEY = AnswerKey(
    check=checks.encode_word,
    expected=lambda *, word, merges: merge_by_hf(word, [tuple(merge) for merge in merges]),
    reference="Hugging Face's BPE",
    tolerance=EXACT,
)
