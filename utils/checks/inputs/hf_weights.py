"""Weights under HF's names: random ones of order 1 for a small config, and a cut of the reference's."""

import torch
from jaxtyping import Float
from torch import Tensor

from utils.checks.engine.cases import Draw
from utils.reference import ModelConfig, Reference

StateDict = dict[str, Float[Tensor, "..."]]

_BLOCK = {
    "ln_1.weight": "d_model",
    "ln_1.bias": "d_model",
    "attn.c_attn.weight": "d_model packed",
    "attn.c_attn.bias": "packed",
    "attn.c_proj.weight": "d_model d_model",
    "attn.c_proj.bias": "d_model",
    "ln_2.weight": "d_model",
    "ln_2.bias": "d_model",
    "mlp.c_fc.weight": "d_model d_mlp",
    "mlp.c_fc.bias": "d_mlp",
    "mlp.c_proj.weight": "d_mlp d_model",
    "mlp.c_proj.bias": "d_model",
}
"""A block's tensors under HF's names, with the names of their axes."""


def random_config(draw: Draw, n_layers: int, n_heads: int) -> ModelConfig:
    """Returns a small config in which all sizes differ, and d_mlp is not 4 · d_model."""
    d_head, n_ctx = draw.sizes("d_head", "n_ctx", among=(6, 7, 9)).values()
    d_mlp, d_vocab = draw.sizes("d_mlp", "d_vocab", among=(37, 38, 39, 41, 43)).values()
    return ModelConfig(n_heads * d_head, n_heads, d_head, d_mlp, n_layers, d_vocab, n_ctx, 1e-2)


def tensor_shapes(*, config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Returns the shape of every tensor of HF's state dict for this config, by name."""
    size = {"d_model": config.d_model, "packed": 3 * config.d_model, "d_mlp": config.d_mlp}
    shapes: dict[str, tuple[int, ...]] = {
        "transformer.wte.weight": (config.d_vocab, config.d_model),
        "transformer.wpe.weight": (config.n_ctx, config.d_model),
    }
    for layer in range(config.n_layers):
        for name, axes in _BLOCK.items():
            shapes[f"transformer.h.{layer}.{name}"] = tuple(size[axis] for axis in axes.split())
    ends = dict.fromkeys(("transformer.ln_f.weight", "transformer.ln_f.bias"), (config.d_model,))
    return {**shapes, **ends, "lm_head.weight": shapes["transformer.wte.weight"]}


def random_state_dict(draw: Draw, config: ModelConfig) -> StateDict:
    """Returns random weights: matrices that keep activations of order 1; biases and gains of order 1."""
    tensors = {name: _random(draw, name, shape) for name, shape in tensor_shapes(config=config).items()}
    return tensors | {"lm_head.weight": tensors["transformer.wte.weight"]}


def _random(draw: Draw, name: str, shape: tuple[int, ...]) -> Tensor:
    if len(shape) == 2:
        is_table = name.endswith(("wte.weight", "wpe.weight"))
        return draw.normal(*shape, scale=1.0 if is_table else shape[0] ** -0.5)
    return 1 + draw.normal(*shape, scale=0.3) if name.endswith("weight") else draw.normal(*shape)


def cut_of(reference: Reference, d_vocab: int, n_ctx: int) -> tuple[ModelConfig, StateDict]:
    """Returns the reference's first block with its first tokens and first positions: small enough to send,
    with the reference's own numbers.
    """
    full = reference.config
    config = ModelConfig(
        full.d_model, full.n_heads, full.d_head, full.d_mlp, 1, d_vocab, n_ctx, full.layer_norm_eps
    )
    state_dict = reference.state_dict
    cut = {name: state_dict[name][: shape[0]].clone() for name, shape in tensor_shapes(config=config).items()}
    return config, cut | {"lm_head.weight": cut["transformer.wte.weight"]}


def published(state_dict: StateDict) -> StateDict:
    """Returns the same weights as OpenAI's file has them: without the prefix `transformer.` and lm_head, but
    with each block's causal mask.
    """
    tensors = {
        name.removeprefix("transformer."): tensor
        for name, tensor in state_dict.items()
        if name != "lm_head.weight"
    }
    n_ctx = len(tensors["wpe.weight"])
    mask = torch.ones(1, 1, n_ctx, n_ctx).tril()
    blocks = {name.rpartition("ln_1")[0] for name in tensors if ".ln_1." in name}
    return tensors | {f"{block}attn.bias": mask for block in sorted(blocks)}
