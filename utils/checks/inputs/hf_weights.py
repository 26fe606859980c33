"""Weights under HF's names: random ones of order 1 for a small config, and a cut of the reference's."""

import torch
from jaxtyping import Float
from torch import Tensor

from utils.checks.engine.cases import Draw
from utils.reference import ModelConfig

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
"""A block's tensors as HF names them, with the names of their axes."""


def random_config(draw: Draw, n_layers: int, n_heads: int) -> ModelConfig:
    """A small config in which no two sizes agree, and d_mlp is not 4 · d_model."""
    d_head, n_ctx = draw.sizes("d_head", "n_ctx", among=(6, 7, 9)).values()
    d_mlp, d_vocab = draw.sizes("d_mlp", "d_vocab", among=(37, 38, 39, 41, 43)).values()
    return ModelConfig(n_heads * d_head, n_heads, d_head, d_mlp, n_layers, d_vocab, n_ctx, 1e-2)


def tensor_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every name of HF's state dict for this config, with its tensor's shape."""
    size = {"d_model": config.d_model, "packed": 3 * config.d_model, "d_mlp": config.d_mlp}
    shapes = {
        "transformer.wte.weight": (config.d_vocab, config.d_model),
        "transformer.wpe.weight": (config.n_ctx, config.d_model),
    }
    for layer in range(config.n_layers):
        for name, axes in _BLOCK.items():
            shapes[f"transformer.h.{layer}.{name}"] = tuple(size[axis] for axis in axes.split())
    ends = dict.fromkeys(("transformer.ln_f.weight", "transformer.ln_f.bias"), (config.d_model,))
    return {**shapes, **ends, "lm_head.weight": shapes["transformer.wte.weight"]}


def random_state_dict(draw: Draw, config: ModelConfig) -> StateDict:
    """Random weights: matrices that keep what they are given of order 1, biases and gains of order 1."""
    tensors = {name: _random(draw, name, shape) for name, shape in tensor_shapes(config).items()}
    return tensors | {"lm_head.weight": tensors["transformer.wte.weight"]}


def _random(draw: Draw, name: str, shape: tuple[int, ...]) -> Tensor:
    if len(shape) == 2:
        is_table = name.endswith(("wte.weight", "wpe.weight"))
        return draw.normal(*shape, scale=1.0 if is_table else shape[0] ** -0.5)
    return 1 + draw.normal(*shape, scale=0.3) if name.endswith("weight") else draw.normal(*shape)


def cut_of(reference, d_vocab: int, n_ctx: int) -> tuple[ModelConfig, StateDict]:
    """The reference with its first block alone, its first tokens and its first positions: small enough to be
    sent, and every number in it is the reference's own.
    """
    whole = reference.config
    config = ModelConfig(
        whole.d_model, whole.n_heads, whole.d_head, whole.d_mlp, 1, d_vocab, n_ctx, whole.layer_norm_eps
    )
    given = reference.state_dict
    cut = {name: given[name][: shape[0]].clone() for name, shape in tensor_shapes(config).items()}
    return config, cut | {"lm_head.weight": cut["transformer.wte.weight"]}


def published(state_dict: StateDict) -> StateDict:
    """The same weights as OpenAI's file has them: without `transformer.` in front of the names and without
    lm_head, but with each block's causal mask.
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
