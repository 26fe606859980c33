"""The answer key of `rotary_positions`: HF's Llama."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week06_heads as checks


def _expected_rotary(*, x, first_position, base):
    from transformers import LlamaConfig
    from transformers.models.llama import modeling_llama as hf

    d_head = x.shape[-1]
    config = LlamaConfig(
        hidden_size=d_head,
        num_attention_heads=1,
        rope_parameters={"rope_type": "default", "rope_theta": base},
    )
    four = x.reshape(len(x), -1, *x.shape[-2:])
    positions = torch.arange(first_position, first_position + x.shape[-2])[None]
    cos, sin = hf.LlamaRotaryEmbedding(config)(four, positions)
    return hf.apply_rotary_pos_emb(four, four, cos, sin)[0].reshape(x.shape)


ANSWER_KEY = AnswerKey(
    check=checks.rotary_positions,
    expected=_expected_rotary,
    reference="Llama's rotary positions",
    tolerance=Tolerance(1e-4, 5e-5, "float32 knows an angle of some tens of radians to about a millionth"),
)
