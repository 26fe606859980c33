"""The answer key of `MultiHeadAttention`: HF's GPT2Attention."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import STEP, Tolerance
from utils.answers.week06_heads._hf_layer import hf_attention
from utils.checks import week06_heads as checks

HEADS = Tolerance(
    1e-4,
    1e-5,
    "where scores reach 50, float32 is 4e-6 off, and so is each attention weight, relative to itself",
    128 * STEP,
)
"""As `FLOAT32`, with four times as much of the largest number: the patterns' errors come on top of the sums'.

Measured with 13 right solutions on 12 layers with the published magnitudes: a sixth of `FLOAT32` at most.
With queries and keys 1.5 times as large, where scores reach 47, it is half, and with twice as large ones too.
"""


def _expected_attention(*, x, weights, training):
    learned = sum(weight.numel() for weight in weights.values())
    return {"attn_out": hf_attention(x, weights), "number of learned parameters": learned}


ANSWER_KEY = AnswerKey(
    check=checks.MultiHeadAttention,
    expected=_expected_attention,
    tolerance=HEADS,
)
