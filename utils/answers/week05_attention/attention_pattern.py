"""The answer key of `attention_pattern`: HF's eager attention."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_attention import attend
from utils.checks import week05_attention as checks


def _expected_pattern(*, q, k):
    return attend(q, k, k)[1]


ANSWER_KEY = AnswerKey(
    check=checks.attention_pattern,
    expected=_expected_pattern,
)
