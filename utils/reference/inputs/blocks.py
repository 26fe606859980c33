"""The reference model's weights under the course's names: one block, some blocks, or the whole model."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from utils.reference import ModelConfig, Reference
from utils.reference.inputs.heads import attention_weights
from utils.reference.inputs.mlp import mlp_weights, norm_weights


def block_weights(reference: Reference, layer: int) -> dict[str, dict[str, Tensor]]:
    """Return one block's weights, in the form that `fill_block` takes."""
    return {
        "ln_1": norm_weights(reference, f"h.{layer}.ln_1"),
        "attn": attention_weights(reference, layer),
        "ln_2": norm_weights(reference, f"h.{layer}.ln_2"),
        "mlp": mlp_weights(reference, layer),
    }


def model_weights(reference: Reference, layers: Sequence[int] | None = None) -> dict[str, Any]:
    """Return the weights of a model with these blocks, or all, in the form that `fill_model` takes."""
    layers = range(reference.config.n_layers) if layers is None else layers
    return {
        "embed": {"W_E": reference.state_dict["transformer.wte.weight"].float()},
        "pos_embed": {"W_pos": reference.state_dict["transformer.wpe.weight"].float()},
        "blocks": [block_weights(reference, layer) for layer in layers],
        "ln_f": norm_weights(reference, "ln_f"),
    }


def cut_model(
    reference: Reference, tokens: Int[Tensor, "batch seq"], layers: Sequence[int], n_ctx: int
) -> tuple[ModelConfig, dict[str, Any], Int[Tensor, "batch seq"]]:
    """Return a model of these blocks whose vocabulary is these tokens: its config, its weights, the new ids.

    It is small enough to be sent between processes, and every number in it is the reference's own.
    """
    known, renumbered = tokens.unique(return_inverse=True)
    weights = model_weights(reference, layers)
    W_E: Float[Tensor, "d_vocab d_model"] = weights["embed"]["W_E"][known]
    cut = {"embed": {"W_E": W_E}, "pos_embed": {"W_pos": weights["pos_embed"]["W_pos"][:n_ctx].clone()}}
    config = replace(reference.config, n_layers=len(layers), d_vocab=len(known), n_ctx=n_ctx)
    return config, weights | cut, renumbered
