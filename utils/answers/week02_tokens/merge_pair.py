"""The answer key of `merge_pair`: Hugging Face's BPE with that one merge."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import merge_by_hf
from utils.checks import week02_tokens as checks

ANSWER_KEY = AnswerKey(
    check=checks.merge_pair,
    expected=lambda *, word, pair: tuple(merge_by_hf(word, [tuple(pair)])),
    reference="Hugging Face's merge",
    tolerance=EXACT,
)
