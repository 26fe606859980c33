"""The answer key of `top_k_filter`: HF's TopKLogitsWarper."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import processed, top_k
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, normalise_hidden
from utils.checks import week09_sampling as checks


def _expected(*, logits, k):
    return processed(logits, top_k(k))


ANSWER_KEY = AnswerKey(
    check=checks.top_k_filter,
    expected=_expected,
    reference="HF's TopKLogitsWarper",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
)
