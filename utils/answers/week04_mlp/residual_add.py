"""The answer key of `residual_add`: HF's GPT2Block, whose attention writes nothing."""

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey, Mistake
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


def _expected_stream(resid, **norm_and_layer):
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
    mistakes=(
        Mistake(
            "replaced",
            "what the layer writes takes the stream's place instead of being added to it",
            "a whiteboard is written on, not exchanged",
            lambda resid, norm, layer: layer(norm(resid)),
        ),
        Mistake(
            "norm skipped",
            "the layer reads the stream as it is; it should read it through the norm",
            "what is the layer given?",
            lambda resid, norm, layer: layer(resid).add(resid),
        ),
        Mistake(
            "norm after the sum",
            "the norm comes after the sum, as in the transformer of 2017; GPT-2 has it in front of the layer",
            "only what the layer reads is normalised",
            lambda resid, norm, layer: norm(layer(resid).add(resid)),
        ),
        Mistake(
            "normed stream",
            "the layer's result is added to the normalised stream: the norm has overwritten what stood there",
            "what is added to what?",
            lambda resid, norm, layer: layer(norm(resid)).add(norm(resid)),
        ),
        Mistake(
            "norm on what is written",
            "the norm is applied to what the layer writes, not to what it reads",
            "which of the two comes first: reading or writing?",
            lambda resid, norm, layer: norm(layer(resid)).add(resid),
        ),
        Mistake(
            "norm before and after the layer",
            "what the layer writes goes through the norm once more",
            "once, in front of the layer",
            lambda resid, norm, layer: norm(layer(norm(resid))).add(resid),
        ),
        Mistake(
            "norm in front and at the end",
            "the sum goes through the norm once more",
            "the stream itself is never normalised",
            lambda resid, norm, layer: norm(layer(norm(resid)).add(resid)),
        ),
        Mistake(
            "layer skipped",
            "the normalised stream is added to the stream: the layer is never called",
            "where does the layer come in?",
            lambda resid, norm, layer: norm(resid).add(resid),
        ),
        Mistake(
            "nothing written",
            "the stream comes back as it was",
            "is the sum what you return?",
            lambda resid, norm, layer: resid.clone(),
        ),
        Mistake(
            "subtracted",
            "what the layer writes is subtracted",
            "the sign",
            lambda resid, norm, layer: resid.sub(layer(norm(resid))),
        ),
        Mistake(
            "multiplied",
            "stream and layer are multiplied",
            "a layer adds to the stream",
            lambda resid, norm, layer: resid.mul(layer(norm(resid))),
        ),
        Mistake(
            "averaged",
            "stream and layer are averaged: what stood there is halved at every layer",
            "a plain sum",
            lambda resid, norm, layer: torch.lerp(resid, layer(norm(resid)), 0.5),
        ),
        Mistake(
            "layer added twice",
            "what the layer writes is added twice",
            "is it already in resid when you add it?",
            lambda resid, norm, layer: resid.add(layer(norm(resid)), alpha=2),
        ),
        Mistake(
            "stream added twice",
            "the stream is in the sum twice",
            "what does your layer return, and what do you add?",
            lambda resid, norm, layer: layer(norm(resid)).add(resid, alpha=2),
        ),
        Mistake(
            "layer applied twice",
            "the layer is called on its own result",
            "one layer, called once",
            lambda resid, norm, layer: layer(layer(norm(resid))).add(resid),
        ),
        Mistake(
            "side by side",
            "stream and layer are put side by side; the stream keeps its width",
            "what is the shape of resid, and what of your result?",
            lambda resid, norm, layer: torch.cat([resid, layer(norm(resid))], -1),
        ),
        Mistake(
            "one position at a time",
            "the layer is given one position at a time, and attention then has nothing to look at",
            "give the layer the whole tensor: it decides itself what it reads",
            lambda resid, norm, layer: resid.add(
                torch.cat([layer(norm(column)) for column in resid.split(1, 1)], 1)
            ),
        ),
        Mistake(
            "last position only",
            "only the last position is written to",
            "every token's vector gets its update",
            lambda resid, norm, layer: torch.cat([resid[:, :-1], (layer(norm(resid)) + resid)[:, -1:]], 1),
        ),
    ),
)
