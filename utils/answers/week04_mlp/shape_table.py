"""The answer key of week 4's shape table: the shapes of HF's GPT-2 small."""

import functools

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_config import eager_config
from utils.checks import week04_mlp as checks


@functools.cache
def _expected_row(*, row):
    """By row: the shapes in one of HF's blocks, on tensors without numbers, for 2 prompts of length 6."""
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    config = eager_config()
    seen: dict[str, torch.Tensor] = {}
    with torch.device("meta"):
        block = GPT2Block(config, layer_idx=0).eval()
        stream = torch.empty(2, 6, config.n_embd)

    def note(before, after):
        def hook(module, inputs, output):
            seen.update({before: inputs[0], after: output})

        return hook

    block.ln_2.register_forward_hook(note("resid", "normed"))
    block.mlp.act.register_forward_hook(note("pre", "post"))
    block.mlp.register_forward_hook(note("normed", "mlp_out"))
    block(stream)
    seen["mean"] = seen["resid"].mean(dim=-1, keepdim=True)
    weights = {"gain": block.ln_2.weight, "W_in": block.mlp.c_fc.weight, "b_in": block.mlp.c_fc.bias}
    weights |= {"W_out": block.mlp.c_proj.weight, "b_out": block.mlp.c_proj.bias}
    rows = {name: tuple(tensor.shape) for name, tensor in (seen | weights).items()}
    return rows[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
