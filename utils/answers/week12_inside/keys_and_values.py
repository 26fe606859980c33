"""The answer key of `keys_and_values`: what HF's activation function gives, and HF's ln_f as a linear map."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_model import hf_model
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected(*, config, weights, tokens, layer, neurons):
    model = hf_model(config, weights)
    mlp, seen = model.transformer.h[layer].mlp, []
    handle = mlp.act.register_forward_hook(lambda module, inputs, output: seen.append(output))
    model(tokens, use_cache=False)
    handle.remove()
    width = config["d_model"]
    centring = torch.eye(width, dtype=torch.float64) - 1 / width
    reading = model.lm_head.weight.double() * model.transformer.ln_f.weight.double()
    effects = torch.linalg.multi_dot([mlp.c_proj.weight[neurons].double(), centring, reading.T])
    return seen[0][..., neurons], effects.float()


ANSWER_KEY = AnswerKey(
    check=checks.keys_and_values,
    expected=_expected,
    outputs=("activations", "effects"),
)
