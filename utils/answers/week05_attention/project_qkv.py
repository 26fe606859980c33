"""The answer key of `project_qkv`: HF's packed projection."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_attention import packed_projection
from utils.checks import week05_attention as checks


def _expected_qkv(*, x, W_Q, W_K, W_V, b_Q, b_K, b_V):
    return packed_projection(x, [W_Q, W_K, W_V], [b_Q, b_K, b_V])


ANSWER_KEY = AnswerKey(
    check=checks.project_qkv,
    expected=_expected_qkv,
    outputs=("q", "k", "v"),
)
