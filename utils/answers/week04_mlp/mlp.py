"""The answer key of `MLP`: HF's GPT2MLP."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week04_mlp as checks


def _expected_mlp(*, x, weights, training):
    from transformers import GPT2Config
    from transformers.models.gpt2.modeling_gpt2 import GPT2MLP

    d_model, d_mlp = weights["W_in"].shape
    mlp = GPT2MLP(d_mlp, GPT2Config(n_embd=d_model, n_head=1)).eval()
    layers = {
        "W_in": mlp.c_fc.weight,
        "b_in": mlp.c_fc.bias,
        "W_out": mlp.c_proj.weight,
        "b_out": mlp.c_proj.bias,
    }
    with torch.no_grad():
        for name, parameter in layers.items():
            parameter.copy_(weights[name])
        learned = sum(weight.numel() for weight in weights.values())
        return {"neurons": d_mlp, "number of learned parameters": learned, "mlp_out": mlp(x)}


ANSWER_KEY = AnswerKey(
    check=checks.MLP,
    expected=_expected_mlp,
    reference="HF's GPT2MLP",
)
