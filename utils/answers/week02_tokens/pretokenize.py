"""The answer key of `pretokenize`: the words of Hugging Face's pre-tokenizer."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import words_of
from utils.checks import week02_tokens as checks

ANSWER_KEY = AnswerKey(
    check=checks.pretokenize,
    expected=words_of,
    tolerance=EXACT,
)
