"""Hugging Face's GPT-2, whole or a single block, filled with weights under the course's names."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.answers.oracles.hf_attention import visible
from utils.answers.oracles.hf_config import eager_config

if TYPE_CHECKING:
    from transformers import GPT2Config, GPT2LMHeadModel
    from transformers.models.gpt2.modeling_gpt2 import GPT2MLP, GPT2Block
    from transformers.models.openai.modeling_openai import MLP as OpenAIMLP

Config = Mapping[str, Any]
"""A ModelConfig as plain data."""


def hf_config(config: Config, **options: Any) -> "GPT2Config":
    """Returns the config under HF's names, without dropout and with eager attention."""
    return eager_config(
        n_embd=config["d_model"],
        n_head=config["n_heads"],
        n_inner=config["d_mlp"],
        n_layer=config["n_layers"],
        vocab_size=config["d_vocab"],
        n_positions=config["n_ctx"],
        layer_norm_epsilon=config["layer_norm_eps"],
        attn_pdrop=0.0,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
        **options,
    )


def hf_block(config: Config, weights: Mapping[str, Any]) -> "GPT2Block":
    """Returns a GPT2Block with these weights, in eval mode."""
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    block = GPT2Block(hf_config(config), layer_idx=0)
    _fill_block(block, weights)
    return block.eval()


def run_hf_block(
    config: Config, weights: Mapping[str, Any], resid: Float[Tensor, "batch seq d_model"]
) -> Float[Tensor, "batch seq d_model"]:
    """Returns the output of HF's block under HF's causal mask."""
    with torch.no_grad():
        return hf_block(config, weights)(resid, attention_mask=additive_mask(resid.shape[1]))


def additive_mask(seq: int) -> Float[Tensor, "1 1 seq seq"]:
    """Returns HF's mask in the form that is added to the scores: 0 where a query may look, −inf elsewhere."""
    return torch.zeros(()).masked_fill(~visible(seq, seq), -torch.inf)


def hf_model(config: Config, weights: Mapping[str, Any]) -> "GPT2LMHeadModel":
    """Returns a GPT2LMHeadModel with these weights, in eval mode."""
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel(hf_config(config)).eval()
    transformer = model.transformer
    put(transformer.wte.weight, weights["embed"]["W_E"])
    put(transformer.wpe.weight, weights["pos_embed"]["W_pos"])
    for block, block_weights in zip(transformer.h, weights["blocks"], strict=True):
        _fill_block(block, block_weights)
    fill_norm(transformer.ln_f, weights["ln_f"])
    return model


def run_hf_model(
    config: Config, weights: Mapping[str, Any], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch seq d_vocab"]:
    """Returns HF's logits."""
    with torch.no_grad():
        return hf_model(config, weights)(tokens, use_cache=False).logits


def meta_model(config: Config) -> "GPT2LMHeadModel":
    """Returns a GPT2LMHeadModel in eval mode on torch's meta device, where tensors have no data."""
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        return GPT2LMHeadModel(hf_config(config)).eval()


def run_meta_model(model: nn.Module, batch: int, seq: int, **options: Any) -> Any:
    """Returns HF's output on a batch of tokens on the meta device."""
    with torch.device("meta"):
        tokens = torch.zeros(batch, seq, dtype=torch.long)
        return model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False, **options)


def extrapolated(count: Callable[[Config], dict[str, int]], config: Config) -> dict[str, int]:
    """Returns `count(config)` for any number of layers, from a model with one block and one with two.

    Blocks are alike, so every further block adds as much as the second. GPT-2 xl with its 48 blocks is then
    counted as fast as a model of two.
    """
    one, two = (count({**config, "n_layers": layers}) for layers in (1, 2))
    return {name: one[name] + (config["n_layers"] - 1) * (two[name] - one[name]) for name in one}


def _fill_block(block: "GPT2Block", weights: Mapping[str, Any]) -> None:
    attn, mlp = weights["attn"], weights["mlp"]
    fill_norm(block.ln_1, weights["ln_1"])
    fill_norm(block.ln_2, weights["ln_2"])
    put(block.attn.c_attn.weight, torch.cat([side_by_side(attn[f"W_{letter}"]) for letter in "QKV"], dim=1))
    put(block.attn.c_attn.bias, torch.cat([attn[f"b_{letter}"].flatten() for letter in "QKV"]))
    put(block.attn.c_proj.weight, attn["W_O"].flatten(0, 1))
    put(block.attn.c_proj.bias, attn["b_O"])
    fill_mlp(block.mlp, mlp)


def fill_mlp(mlp: "GPT2MLP | OpenAIMLP", weights: Mapping[str, Tensor]) -> None:
    """Copies W_in, b_in, W_out and b_out into HF's Conv1D layers `c_fc` and `c_proj`."""
    for layer, suffix in ((mlp.c_fc, "in"), (mlp.c_proj, "out")):
        put(layer.weight, weights[f"W_{suffix}"])
        put(layer.bias, weights[f"b_{suffix}"])


def fill_norm(norm: nn.LayerNorm, weights: Mapping[str, Tensor]) -> None:
    """Copies gain and bias into torch's LayerNorm."""
    put(norm.weight, weights["gain"])
    put(norm.bias, weights["bias"])


def side_by_side(W: Float[Tensor, "heads d_model d_head"]) -> Float[Tensor, "d_model heads_d_head"]:
    """Returns all heads' columns in one matrix, head after head."""
    return torch.cat(list(W), dim=1)


def put(parameter: Tensor, value: Tensor) -> None:
    """Copies the value into the parameter.

    Raises:
        ValueError: the shapes differ, in which case `copy_` might broadcast.
    """
    if parameter.shape != value.shape:
        raise ValueError(f"A weight of shape {tuple(value.shape)} for one of {tuple(parameter.shape)}.")
    with torch.no_grad():
        parameter.copy_(value)
