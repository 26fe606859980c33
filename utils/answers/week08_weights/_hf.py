"""Hugging Face's own GPT-2 for a config under the course's names: its names, shapes and logits."""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from utils.answers.oracles.hf_model import hf_config, meta_model

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel

Config = Mapping[str, Any]
"""A ModelConfig as plain data."""


def _new_model(config: Config) -> "GPT2LMHeadModel":
    from transformers import GPT2LMHeadModel

    return GPT2LMHeadModel(hf_config(config)).eval()


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Return the names of HF's state dict, in its order, with the shapes."""
    return dict(_shapes(tuple(config.items())))


@functools.cache
def _shapes(config: tuple) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in meta_model(dict(config)).state_dict().items()}


def logits(
    config: Config, state_dict: Mapping[str, Tensor], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch seq d_vocab"]:
    """Return the logits of HF's model with these weights, in float32."""
    with torch.random.fork_rng(devices=[]):  # HF initialises at random: leave the caller's generator alone
        model = _new_model(config)
    model.load_state_dict(state_dict)
    with torch.no_grad():
        return model(tokens, use_cache=False).logits
