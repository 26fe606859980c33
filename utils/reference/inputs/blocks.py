"""The reference model's weights under the course's names: one block, a small cut of the model, all of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from utils.reference import ModelConfig
from utils.reference.inputs.heads import attention_weights
from utils.reference.inputs.mlp import mlp_weights, norm_weights


def block_weights(reference, layer: int) -> dict[str, dict[str, Tensor]]:
    """One block's weights, as `fill_block` takes them."""
    return {
        "ln_1": norm_weights(reference, f"h.{layer}.ln_1"),
        "attn": attention_weights(reference, layer),
        "ln_2": norm_weights(reference, f"h.{layer}.ln_2"),
        "mlp": mlp_weights(reference, layer),
    }


def model_weights(reference, layers: Sequence[int] | None = None) -> dict[str, Any]:
    """The whole model's weights, as `fill_model` takes them; or those of a model with these blocks alone."""
    layers = range(reference.config.n_layers) if layers is None else layers
    return {
        "embed": {"W_E": reference.state_dict["transformer.wte.weight"].float()},
        "pos_embed": {"W_pos": reference.state_dict["transformer.wpe.weight"].float()},
        "blocks": [block_weights(reference, layer) for layer in layers],
        "ln_f": norm_weights(reference, "ln_f"),
    }


def cut_model(
    reference, tokens: Int[Tensor, "batch seq"], layers: Sequence[int], n_ctx: int
) -> tuple[ModelConfig, dict[str, Any], Int[Tensor, "batch seq"]]:
    """A model of these blocks that knows these tokens alone: its config, its weights, the tokens' new ids.

    Small enough to be sent, and every number in it is the reference's own.
    """
    known, renumbered = tokens.unique(return_inverse=True)
    weights = model_weights(reference, layers)
    W_E: Float[Tensor, "d_vocab d_model"] = weights["embed"]["W_E"][known]
    cut = {"embed": {"W_E": W_E}, "pos_embed": {"W_pos": weights["pos_embed"]["W_pos"][:n_ctx].clone()}}
    config = replace(reference.config, n_layers=len(layers), d_vocab=len(known), n_ctx=n_ctx)
    return config, weights | cut, renumbered
