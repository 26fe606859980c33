"""The answer key of `bytes_to_unicode`: the table of Hugging Face's tokenizer."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week02_tokens as checks


def _expected_signs(*, numbers):
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    table = bytes_to_unicode()
    return {
        "byte-level characters": {str(number): table[number] for number in numbers},
        "number of entries": len(table),
    }


ANSWER_KEY = AnswerKey(
    check=checks.bytes_to_unicode,
    expected=_expected_signs,
    tolerance=EXACT,
)
