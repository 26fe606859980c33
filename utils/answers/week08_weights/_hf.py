"""Hugging Face's own GPT-2 for a config in the course's words: its names, its shapes, its logits."""

import functools
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

Config = Mapping[str, Any]
"""A ModelConfig as plain data."""


def _made(config: Config) -> nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes = GPT2Config(
        vocab_size=config["d_vocab"],
        n_positions=config["n_ctx"],
        n_embd=config["d_model"],
        n_layer=config["n_layers"],
        n_head=config["n_heads"],
        n_inner=config["d_mlp"],
        layer_norm_epsilon=config["layer_norm_eps"],
        bos_token_id=0,
        eos_token_id=0,
        attn_implementation="eager",
    )
    return GPT2LMHeadModel(sizes).eval()


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """The names of HF's state dict, in its order, and the shapes."""
    return dict(_shapes(tuple(config.items())))


@functools.cache
def _shapes(config: tuple) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):  # tensors with shapes and without numbers
        model = _made(dict(config))
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def logits(
    config: Config, state_dict: Mapping[str, Tensor], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch seq d_vocab"]:
    """What HF's model gives for these tokens, holding these weights, in float32."""
    with torch.random.fork_rng(devices=[]):  # HF draws first weights, and a notebook's draws are its own
        model = _made(config)
    model.load_state_dict(state_dict)
    with torch.no_grad():
        return model(tokens, use_cache=False).logits
