"""The answer key of week 6's shape table: the shapes of HF's GPT-2 small."""

import functools

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import Shape, gpt2_small_shapes
from utils.checks import week06_heads as checks


@functools.cache
def _packed_shapes() -> dict[str, Shape]:
    """HF's own packed weights of one layer of GPT-2 small."""
    from transformers import GPT2Config
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention

    with torch.device("meta"):
        layer = GPT2Attention(GPT2Config())
    kept = {"W_QKV": layer.c_attn.weight, "b_QKV": layer.c_attn.bias, "b_O": layer.c_proj.bias}
    return {name: tuple(weight.shape) for name, weight in kept.items()}


def _expected_row(*, row):
    shapes = gpt2_small_shapes(batch=2, seq=6) | _packed_shapes()
    batch, heads, seq, _ = shapes["all_patterns"]
    d_model, d_head = shapes["x"][-1], shapes["z"][-1]
    by_head = {
        "W_Q": (heads, d_model, d_head),
        "b_Q": (heads, d_head),
        "q": (batch, heads, seq, d_head),
        "z": (batch, heads, seq, d_head),
        "pattern": shapes["all_patterns"],
        "W_O": (heads, d_head, d_model),
        "outputs": (batch, heads, seq, d_model),
        "previous": (batch, heads),
    }
    return (shapes | by_head)[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
