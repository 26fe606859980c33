"""The answer key of `LlamaAttention`: HF's LlamaAttention."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_llama import run_hf_llama_attention
from utils.answers.week07_transformer._pieces import DEEP
from utils.checks import week07_transformer as checks


def _expected_attention(*, config, weights, x, training):
    learned = sum(weight.numel() for weight in weights.values())
    attn_out = run_hf_llama_attention(config, weights, x)
    return {"number of learned parameters": learned, "attn_out": attn_out}


ANSWER_KEY = AnswerKey(
    check=checks.LlamaAttention,
    expected=_expected_attention,
    reference="HF's LlamaAttention",
    tolerance=DEEP,
)
