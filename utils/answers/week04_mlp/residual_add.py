"""The answer key of `residual_add`: HF's GPT2Block, whose attention writes nothing."""

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey
from utils.checks import week04_mlp as checks


class _WritesNothing(nn.Module):
    """Replaces a block's attention, and adds zeros to the stream."""

    def forward(self, hidden_states, **_):
        return torch.zeros_like(hidden_states), None


class _Calls(nn.Module):
    """Wraps a function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def _expected_stream(*, resid, **norm_and_layer):
    from transformers import GPT2Config
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    norm, layer = checks.norm_and_layer(**norm_and_layer)
    block = GPT2Block(GPT2Config(n_embd=resid.shape[-1], n_head=1), layer_idx=0).eval()
    block.add_module("attn", _WritesNothing())
    block.add_module("ln_2", _Calls(norm))
    block.add_module("mlp", _Calls(layer))
    with torch.no_grad():
        return block(resid)


ANSWER_KEY = AnswerKey(
    check=checks.residual_add,
    expected=_expected_stream,
    reference="HF's GPT2Block",
)
