"""The answer key of `sdpa_attention`: HF's eager attention, which does not use torch's function."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_attention import attend
from utils.checks import week06_heads as checks


def _expected_sdpa(*, q, k, v):
    return {"z": attend(q, k, v)[0], "calls scaled_dot_product_attention": True}


ANSWER_KEY = AnswerKey(
    check=checks.sdpa_attention,
    expected=_expected_sdpa,
)
