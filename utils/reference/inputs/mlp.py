"""The reference model's per-token half: its LayerNorms, its MLPs, and numbers to give them."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from utils.reference.inputs.tokens import token_ids


def stream_start(reference) -> Float[Tensor, "batch seq d_model"]:
    """Where the residual stream of two prompts begins: token plus place."""
    ids, weights = token_ids(reference), reference.state_dict
    places = weights["transformer.wpe.weight"][: ids.shape[1]]
    return (weights["transformer.wte.weight"][ids] + places).float()


def norm_names(reference) -> list[str]:
    """Every LayerNorm of the model under HF's name: `h.0.ln_1`, `h.0.ln_2`, …, `ln_f`."""
    layers = range(reference.config.n_layers)
    return [f"h.{layer}.{norm}" for layer in layers for norm in ("ln_1", "ln_2")] + ["ln_f"]


def norm_weights(reference, name: str) -> dict[str, Float[Tensor, "d_model"]]:
    """gain and bias of one LayerNorm, by one of `norm_names`."""
    ours = {"gain": "weight", "bias": "bias"}
    return {key: reference.state_dict[f"transformer.{name}.{hf}"].float().clone() for key, hf in ours.items()}


def mlp_weights(reference, layer: int) -> dict[str, Tensor]:
    """W_in [d_model, d_mlp], b_in [d_mlp], W_out [d_mlp, d_model] and b_out [d_model] of one block."""
    ours = {"W_in": "c_fc.weight", "b_in": "c_fc.bias", "W_out": "c_proj.weight", "b_out": "c_proj.bias"}
    weights = reference.state_dict
    return {key: weights[f"transformer.h.{layer}.mlp.{hf}"].float().clone() for key, hf in ours.items()}


def mlp_input(reference, layer: int) -> Float[Tensor, "batch seq d_model"]:
    """Token plus place, through the LayerNorm in front of one block's MLP."""
    norm = norm_weights(reference, f"h.{layer}.ln_2")
    width, eps = reference.config.d_model, reference.config.layer_norm_eps
    return F.layer_norm(stream_start(reference), (width,), norm["gain"], norm["bias"], eps)


def before_gelu(reference, layer: int, neurons: int = 12) -> Float[Tensor, "batch seq neurons"]:
    """What the first neurons of one block's MLP hold before the GELU."""
    weights = mlp_weights(reference, layer)
    return (
        torch.tensordot(mlp_input(reference, layer), weights["W_in"][:, :neurons], 1)
        + weights["b_in"][:neurons]
    )
