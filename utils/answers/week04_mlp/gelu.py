"""The answer key of `gelu`: HF's `gelu_new`, the activation of GPT-2."""

from utils.answers.answer_key import AnswerKey
from utils.checks import week04_mlp as checks


def _expected_gelu(*, x):
    from transformers.activations import ACT2FN

    return ACT2FN["gelu_new"](x)


ANSWER_KEY = AnswerKey(
    check=checks.gelu,
    expected=_expected_gelu,
    reference="HF's gelu_new",
)
