"""The weights of the reference model's LayerNorms and MLPs, and inputs for them."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from utils.reference import Reference
from utils.reference.inputs.tokens import token_ids


def stream_start(reference: Reference) -> Float[Tensor, "batch seq d_model"]:
    """Return the residual stream of two prompts before the first block: token plus position."""
    ids, weights = token_ids(reference), reference.state_dict
    positions = weights["transformer.wpe.weight"][: ids.shape[1]]
    return (weights["transformer.wte.weight"][ids] + positions).float()


def norm_names(reference: Reference) -> list[str]:
    """Return HF's names of the model's LayerNorms: `h.0.ln_1`, `h.0.ln_2`, …, `ln_f`."""
    layers = range(reference.config.n_layers)
    return [f"h.{layer}.{norm}" for layer in layers for norm in ("ln_1", "ln_2")] + ["ln_f"]


def norm_weights(reference: Reference, name: str) -> dict[str, Float[Tensor, "d_model"]]:
    """Return gain and bias of the LayerNorm with this name, one of `norm_names`."""
    ours = {"gain": "weight", "bias": "bias"}
    return {key: reference.state_dict[f"transformer.{name}.{hf}"].float().clone() for key, hf in ours.items()}


def mlp_weights(reference: Reference, layer: int) -> dict[str, Tensor]:
    """Return W_in [d_model, d_mlp], b_in [d_mlp], W_out [d_mlp, d_model] and b_out [d_model] of one block."""
    ours = {"W_in": "c_fc.weight", "b_in": "c_fc.bias", "W_out": "c_proj.weight", "b_out": "c_proj.bias"}
    weights = reference.state_dict
    return {key: weights[f"transformer.h.{layer}.mlp.{hf}"].float().clone() for key, hf in ours.items()}


def mlp_input(reference: Reference, layer: int) -> Float[Tensor, "batch seq d_model"]:
    """Return token plus position of two prompts, after the LayerNorm before one block's MLP."""
    norm = norm_weights(reference, f"h.{layer}.ln_2")
    width, eps = reference.config.d_model, reference.config.layer_norm_eps
    return F.layer_norm(stream_start(reference), (width,), norm["gain"], norm["bias"], eps)


def before_gelu(reference: Reference, layer: int, neurons: int = 12) -> Float[Tensor, "batch seq neurons"]:
    """Return the pre-activations of the first neurons of one block's MLP."""
    weights = mlp_weights(reference, layer)
    return (
        torch.tensordot(mlp_input(reference, layer), weights["W_in"][:, :neurons], 1)
        + weights["b_in"][:neurons]
    )
