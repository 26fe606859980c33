"""Copies the weights of a case into a student's module, whatever layout its parameters have."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from utils.errors import CheckMisuse

Weights = Mapping[str, Float[Tensor, "..."]]


def fill(
    module: nn.Module, weights: Weights, fused: Mapping[str, tuple[str, ...]] | None = None
) -> nn.Module:
    """Copies `weights` into the module's parameters of those names and returns the module.

    A weight `W_Q [d_model, d_head]` with its bias `b_Q` may be an nn.Parameter of that name, or the whole of
    an nn.Linear or a Conv1D in `self.W_Q`. `fused` names parameters that hold several side by side on the
    last axis: `{"W_QKV": ("W_Q", "W_K", "W_V")}`.

    Raises:
        CheckMisuse: the module has no such parameter, or one of another shape.
    """
    if not isinstance(module, nn.Module):
        raise CheckMisuse(
            f"Make an nn.Module: this is {type(module).__name__}. Does the class name it as its base?"
        )
    weights = dict(weights)
    for name, parts in (fused or {}).items():
        if hasattr(module, name) and not hasattr(module, parts[0]):
            weights[name] = torch.cat([weights.pop(part) for part in parts], dim=-1)
            biases = [weights.pop(_bias(part)) for part in parts if _bias(part) in weights]
            if biases:
                weights[_bias(name)] = torch.cat(biases, dim=-1)
    for name, value in weights.items():
        _fill_one(module, name, value, weights)
    return module


def _bias(name: str) -> str:
    return "b_" + name.removeprefix("W_")


def _fill_one(module: nn.Module, name: str, value: Tensor, weights: Weights) -> None:
    layer = getattr(module, "W_" + name.removeprefix("b_"), None) if name.startswith("b_") else None
    if isinstance(layer, nn.Module) and not isinstance(getattr(module, name, None), Tensor):
        return  # the bias is copied together with the layer's weight
    holder = getattr(module, name, None)
    if isinstance(holder, nn.Module):
        own_bias = isinstance(getattr(module, _bias(name), None), Tensor)
        _fill_layer(holder, name, value, None if own_bias else weights.get(_bias(name)))
    elif isinstance(holder, Tensor):
        _copy(holder, name, value)
    else:
        has = ", ".join(key for key, _ in module.named_parameters()) or "none"
        owner = type(module).__name__
        raise CheckMisuse(f"{owner} has no {name}, which the check must fill. Its parameters: {has}.")


def _fill_layer(layer: nn.Module, name: str, weight: Tensor, bias: Tensor | None) -> None:
    if not isinstance(getattr(layer, "weight", None), Tensor):
        kind = type(layer).__name__
        raise CheckMisuse(f"{name} is a module, {kind}, without a weight: use a parameter or an nn.Linear.")
    # nn.Linear keeps [out, in]; HF's Conv1D keeps [in, out], as the course does.
    _copy(layer.weight, f"{name}.weight", weight.T if isinstance(layer, nn.Linear) else weight)
    if bias is None:
        return
    if getattr(layer, "bias", None) is None:
        raise CheckMisuse(f"{name} has no bias, and GPT-2 has one there: {_bias(name)}.")
    _copy(layer.bias, f"{name}.bias", bias)


def _copy(parameter: Any, name: str, value: Tensor) -> None:
    if parameter.shape != value.shape:
        has, wants = tuple(parameter.shape), tuple(value.shape)
        raise CheckMisuse(f"{name} has shape {has}; with these sizes the exercise asks for {wants}.")
    with torch.no_grad():
        parameter.copy_(value)
