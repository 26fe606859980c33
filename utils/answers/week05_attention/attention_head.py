"""The answer key of `AttentionHead`: HF's projection and HF's attention."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_attention import attend, packed_projection
from utils.checks import week05_attention as checks


def _expected_head(*, x, weights, training):
    q, k, v = packed_projection(
        x, [weights[f"W_{letter}"] for letter in "QKV"], [weights[f"b_{letter}"] for letter in "QKV"]
    )
    learned = sum(weight.numel() for weight in weights.values())
    return {"z": attend(q, k, v)[0], "number of learned parameters": learned}


ANSWER_KEY = AnswerKey(
    check=checks.AttentionHead,
    expected=_expected_head,
)
