"""The answer key of `packed_qkv`: the q, k and v that HF's attention makes with `c_attn`."""

import torch
from torch import Tensor

from utils.answers.answer_key import AnswerKey
from utils.checks import week06_heads as checks

_LOOK = "course_look"  # the name of a temporary attention function in HF's registry


def _expected_packed(*, x, W_QKV, b_QKV, n_heads):
    """The q, k and v that HF's GPT2Attention passes to its attention function."""
    from transformers import GPT2Config
    from transformers.models.gpt2 import modeling_gpt2 as hf

    seen: list[Tensor] = []

    def look(module, query, key, value, *others, **options):
        seen.extend(tensor.clone() for tensor in (query, key, value))
        return hf.eager_attention_forward(module, query, key, value, *others, **options)

    layer = hf.GPT2Attention(GPT2Config(n_embd=x.shape[-1], n_head=n_heads)).eval()
    layer.config._attn_implementation = _LOOK  # private: only whole models have a public setter
    hf.ALL_ATTENTION_FUNCTIONS[_LOOK] = look
    try:
        with torch.no_grad():
            layer.c_attn.weight.copy_(W_QKV)
            layer.c_attn.bias.copy_(b_QKV)
            layer(x)
    finally:
        del hf.ALL_ATTENTION_FUNCTIONS[_LOOK]
    return tuple(seen)


ANSWER_KEY = AnswerKey(
    check=checks.packed_qkv,
    expected=_expected_packed,
    outputs=("q", "k", "v"),
)
