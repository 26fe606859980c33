"""The answer key of `SwiGLU`: HF's LlamaMLP."""

from types import SimpleNamespace

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week04_mlp as checks


def _expected_swiglu(*, x, weights, training):
    from transformers.models.llama.modeling_llama import LlamaMLP

    d_model, d_mlp = weights["W_in"].shape
    sizes = {"hidden_size": d_model, "intermediate_size": d_mlp}
    mlp = LlamaMLP(SimpleNamespace(**sizes, mlp_bias=False, hidden_act="silu"))
    layers = {"W_gate": mlp.gate_proj, "W_in": mlp.up_proj, "W_out": mlp.down_proj}
    with torch.no_grad():
        for name, layer in layers.items():
            layer.weight.copy_(weights[name].T)
        learned = sum(weight.numel() for weight in weights.values())
        return {"number of learned parameters": learned, "mlp_out": mlp(x)}


ANSWER_KEY = AnswerKey(
    check=checks.SwiGLU,
    expected=_expected_swiglu,
    reference="HF's LlamaMLP",
)
