"""The names and shapes of the parameters of the course's GPT2 class."""

from collections.abc import Mapping
from typing import Any

Shapes = dict[str, tuple[int, ...]]

TIED = {"unembed.embed": "embed"}
"""Modules that the model holds twice: the second path, and the first."""


def parameter_shapes(config: Mapping[str, Any]) -> Shapes:
    """Returns the shape of every parameter of a GPT2 of this config, in the order of its modules.

    `config` is a ModelConfig as plain data.
    """
    width = config["d_model"]
    shapes: Shapes = {
        "embed.W_E": (config["d_vocab"], width),
        "pos_embed.W_pos": (config["n_ctx"], width),
    }
    for layer in range(config["n_layers"]):
        shapes |= {f"blocks.{layer}.{name}": shape for name, shape in _block(config).items()}
    return shapes | {"ln_f.gain": (width,), "ln_f.bias": (width,)}


def _block(config: Mapping[str, Any]) -> Shapes:
    width, n_heads, d_head, d_mlp = (config[name] for name in ("d_model", "n_heads", "d_head", "d_mlp"))
    norm: Shapes = {"gain": (width,), "bias": (width,)}
    heads = (n_heads, d_head)
    attn: Shapes = {f"W_{letter}": (n_heads, width, d_head) for letter in "QKV"}
    attn |= {"W_O": (*heads, width), **{f"b_{letter}": heads for letter in "QKV"}, "b_O": (width,)}
    mlp: Shapes = {"W_in": (width, d_mlp), "b_in": (d_mlp,), "W_out": (d_mlp, width), "b_out": (width,)}
    parts: dict[str, Shapes] = {"ln_1": norm, "attn": attn, "ln_2": norm, "mlp": mlp}
    return {f"{part}.{name}": shape for part, inside in parts.items() for name, shape in inside.items()}
