"""Hugging Face's own GPT-2, whole or one block of it, with weights under the course's names."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.answers.oracles.hf_attention import visible

Config = Mapping[str, Any]
"""A ModelConfig as plain data."""


def hf_config(config: Config, **more: Any):
    """The sizes in HF's words, without dropout, and with the attention that is written out ("eager")."""
    from transformers import GPT2Config

    return GPT2Config(
        n_embd=config["d_model"],
        n_head=config["n_heads"],
        n_inner=config["d_mlp"],
        n_layer=config["n_layers"],
        vocab_size=config["d_vocab"],
        n_positions=config["n_ctx"],
        layer_norm_epsilon=config["layer_norm_eps"],
        **{name: 0.0 for name in ("attn_pdrop", "resid_pdrop", "embd_pdrop")},
        **{"bos_token_id": 0, "eos_token_id": 0, "attn_implementation": "eager"},
        **more,
    )


def hf_block(config: Config, weights: Mapping[str, Any]) -> nn.Module:
    """GPT2Block with these weights, in eval mode."""
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    block = GPT2Block(hf_config(config), layer_idx=0)
    _fill_block(block, weights)
    return block.eval()


def run_hf_block(
    config: Config, weights: Mapping[str, Any], resid: Float[Tensor, "batch seq d_model"]
) -> Float[Tensor, "batch seq d_model"]:
    """What HF's block makes of the stream, under HF's causal mask."""
    with torch.no_grad():
        return hf_block(config, weights)(resid, attention_mask=additive_mask(resid.shape[1]))


def additive_mask(seq: int) -> Float[Tensor, "1 1 seq seq"]:
    """HF's mask as it is added to the scores: 0 where a query may look, −inf elsewhere."""
    return torch.zeros(()).masked_fill(~visible(seq, seq), -torch.inf)


def hf_model(config: Config, weights: Mapping[str, Any]) -> nn.Module:
    """GPT2LMHeadModel with these weights, in eval mode."""
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel(hf_config(config)).eval()
    transformer = model.transformer
    put(transformer.wte.weight, weights["embed"]["W_E"])
    put(transformer.wpe.weight, weights["pos_embed"]["W_pos"])
    for block, of_block in zip(transformer.h, weights["blocks"], strict=True):
        _fill_block(block, of_block)
    fill_norm(transformer.ln_f, weights["ln_f"])
    return model


def run_hf_model(
    config: Config, weights: Mapping[str, Any], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch seq d_vocab"]:
    """HF's logits."""
    with torch.no_grad():
        return hf_model(config, weights)(tokens, use_cache=False).logits


def meta_model(config: Config) -> nn.Module:
    """GPT2LMHeadModel on torch's meta device, where tensors have shapes and no numbers, in eval mode."""
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        return GPT2LMHeadModel(hf_config(config)).eval()


def run_meta_model(model: nn.Module, batch: int, seq: int, **asked: Any) -> Any:
    """HF's output on tokens without numbers."""
    with torch.device("meta"):
        tokens = torch.zeros(batch, seq, dtype=torch.long)
        return model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False, **asked)


def extrapolated(count: Callable[[Config], dict[str, int]], config: Config) -> dict[str, int]:
    """`count(config)` for any number of layers, from a model with one block and one with two: blocks are
    alike, so every further block adds what the second one did. GPT-2 xl has 48, and takes as long as two.
    """
    one, two = (count({**config, "n_layers": layers}) for layers in (1, 2))
    return {name: one[name] + (config["n_layers"] - 1) * (two[name] - one[name]) for name in one}


def _fill_block(block: nn.Module, weights: Mapping[str, Any]) -> None:
    attn, mlp = weights["attn"], weights["mlp"]
    fill_norm(block.ln_1, weights["ln_1"])
    fill_norm(block.ln_2, weights["ln_2"])
    put(block.attn.c_attn.weight, torch.cat([side_by_side(attn[f"W_{letter}"]) for letter in "QKV"], dim=1))
    put(block.attn.c_attn.bias, torch.cat([attn[f"b_{letter}"].flatten() for letter in "QKV"]))
    put(block.attn.c_proj.weight, attn["W_O"].flatten(0, 1))
    put(block.attn.c_proj.bias, attn["b_O"])
    fill_mlp(block.mlp, mlp)


def fill_mlp(mlp: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """HF's MLP with the Conv1D layers `c_fc` and `c_proj`."""
    for layer, suffix in ((mlp.c_fc, "in"), (mlp.c_proj, "out")):
        put(layer.weight, weights[f"W_{suffix}"])
        put(layer.bias, weights[f"b_{suffix}"])


def fill_norm(norm: nn.LayerNorm, weights: Mapping[str, Tensor]) -> None:
    """torch's LayerNorm with our gain and bias."""
    put(norm.weight, weights["gain"])
    put(norm.bias, weights["bias"])


def side_by_side(W: Float[Tensor, "heads d_model d_head"]) -> Float[Tensor, "d_model heads_d_head"]:
    """All heads' columns in one matrix, head after head."""
    return torch.cat(list(W), dim=1)


def put(parameter: Tensor, value: Tensor) -> None:
    """Copies the value into the parameter. Shapes must agree: copy_ alone would broadcast."""
    if parameter.shape != value.shape:
        raise ValueError(f"A weight of shape {tuple(value.shape)} for one of {tuple(parameter.shape)}.")
    with torch.no_grad():
        parameter.copy_(value)
