"""Copies the weights of a case into a student's block or whole model.

Weights are nested as the modules are: a block's are `{"ln_1": …, "attn": …, "ln_2": …, "mlp": …}`, a model's
`{"embed": …, "pos_embed": …, "blocks": [a block's, …], "ln_f": …}`, each with names and tensors inside.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from utils.adapters.heads import fill_heads
from utils.adapters.weights import Weights, fill
from utils.errors import CheckMisuse

BlockWeights = Mapping[str, Weights]
"""One block's weights, by part and name."""

_TORCH_NAMES = {
    nn.LayerNorm: {"gain": "weight", "bias": "bias"},
    nn.RMSNorm: {"gain": "weight"},
    nn.Embedding: {"W_E": "weight", "W_pos": "weight"},
}
"""The names of the course's weights in torch's own modules."""


def fill_block(block: nn.Module, weights: BlockWeights) -> nn.Module:
    """Copies each part's weights into the block's part of that name and returns the block.

    Raises:
        CheckMisuse: there is no such part, or a part has no such parameter.
    """
    fill(block, {})  # raises CheckMisuse if it is not an nn.Module
    for name, part in weights.items():
        (fill_heads if name == "attn" else fill_part)(part_of(block, name), part)
    return block


def fill_model(model: nn.Module, weights: Mapping[str, Any]) -> nn.Module:
    """Copies a whole model's weights into it and returns the model.

    Raises:
        CheckMisuse: a part is missing, or there are not as many blocks as there should be.
    """
    fill(model, {})
    blocks = part_of(model, "blocks")
    wanted: Sequence[BlockWeights] = weights["blocks"]
    if len(blocks) != len(wanted):
        raise CheckMisuse(
            f"The model's blocks are {len(blocks)}; with this config's n_layers they are {len(wanted)}."
        )
    for block, block_weights in zip(blocks, wanted, strict=True):
        fill_block(block, block_weights)
    for name in ("embed", "pos_embed", "ln_f"):
        fill_part(part_of(model, name), weights[name])
    return model


def fill_part(part: nn.Module, weights: Weights) -> nn.Module:
    """Works as `fill`, also on torch's own norms and nn.Embedding, whose parameters have other names."""
    names = next((names for kind, names in _TORCH_NAMES.items() if isinstance(part, kind)), {})
    return fill(part, {names.get(name, name): value for name, value in weights.items()})


def part_of(module: nn.Module, name: str) -> Any:
    """Returns the module's attribute of that name.

    Raises:
        CheckMisuse: it has none.
    """
    part = getattr(module, name, None)
    if part is None:
        has = ", ".join(dict(module.named_children())) or "none"
        raise CheckMisuse(
            f"{type(module).__name__} has no {name}, which the check must fill. Its parts: {has}."
        )
    return part
