"""The answer key of `decode`: GPT-2's own tokenizer."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer
from utils.checks import week02_tokens as checks


def _expected_text(*, ids, vocab):
    return gpt2_tokenizer().decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)


ANSWER_KEY = AnswerKey(
    check=checks.decode,
    expected=_expected_text,
    tolerance=EXACT,
)
