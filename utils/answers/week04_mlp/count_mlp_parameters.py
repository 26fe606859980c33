"""The answer key of `count_mlp_parameters`: HF's own model on the meta device, or the shapes' products."""

import math
from typing import Any

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week04_mlp as checks

_EMBEDDING, _POSITIONS = "transformer.wte.weight", "transformer.wpe.weight"


def _expected_counts(*, shapes, tied):
    if _EMBEDDING in shapes and shapes["transformer.h.0.mlp.c_fc.weight"][0] % 64 == 0:
        return _counted_by_hf(shapes)
    inside = {"mlp": 0, "attn": 0}
    for name, shape in shapes.items():  # those of the tied modules are in no other name
        for module in inside.keys() & set(name.split(".")):
            inside[module] += math.prod(shape)
    return inside["mlp"], inside["attn"], sum(math.prod(shape) for shape in shapes.values())


def _counted_by_hf(shapes):
    """The counts of HF's GPT-2 of this size, from its modules and not from the parameters' names."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    d_vocab, d_model = shapes[_EMBEDDING]
    config = GPT2Config(
        n_embd=d_model,
        n_head=d_model // 64,
        n_layer=sum(name.endswith("mlp.c_fc.weight") for name in shapes),
        n_inner=shapes["transformer.h.0.mlp.c_fc.weight"][1],
        n_positions=shapes[_POSITIONS][0],
        vocab_size=d_vocab,
    )
    with torch.device("meta"):
        model = GPT2LMHeadModel(config)
    blocks: Any = model.transformer.h  # torch types what is inside as Tensor or Module
    return (
        sum(parameter.numel() for block in blocks for parameter in block.mlp.parameters()),
        sum(parameter.numel() for block in blocks for parameter in block.attn.parameters()),
        model.num_parameters(),
    )


ANSWER_KEY = AnswerKey(
    check=checks.count_mlp_parameters,
    expected=_expected_counts,
    reference="HF's own model",
    outputs=("in MLPs", "in attention", "in the whole model"),
    tolerance=EXACT,
)
