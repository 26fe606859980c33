"""Hugging Face's Llama, whole or its attention alone, filled with weights under the course's names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from utils.answers.oracles.hf_model import additive_mask, put

if TYPE_CHECKING:
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.models.llama.modeling_llama import LlamaAttention, LlamaDecoderLayer

Config = Mapping[str, Any]
"""The course's LlamaConfig as plain data."""


def run_hf_llama_attention(
    config: Config, weights: Mapping[str, Tensor], x: Float[Tensor, "batch seq d_model"]
) -> Float[Tensor, "batch seq d_model"]:
    """Returns what HF's LlamaAttention writes, under the causal mask."""
    from transformers.models.llama.modeling_llama import LlamaAttention, LlamaRotaryEmbedding

    sizes, seq = _hf_config(config), x.shape[1]
    attention = LlamaAttention(sizes, layer_idx=0).eval()
    _fill_attention(attention, weights)
    with torch.no_grad():
        turns = LlamaRotaryEmbedding(sizes)(x, torch.arange(seq)[None])
        return attention(x, position_embeddings=turns, attention_mask=additive_mask(seq))[0]


def run_hf_llama(
    config: Config, weights: Mapping[str, Any], tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "batch seq d_vocab"]:
    """Returns the logits of HF's LlamaForCausalLM."""
    with torch.no_grad():
        return hf_llama(config, weights)(tokens, use_cache=False).logits


def hf_llama(config: Config, weights: Mapping[str, Any]) -> "LlamaForCausalLM":
    """Returns a LlamaForCausalLM with these weights, in eval mode."""
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM(_hf_config(config)).eval()
    put(model.model.embed_tokens.weight, weights["embed"]["W_E"])
    for layer, block in zip(model.model.layers, weights["blocks"], strict=True):
        _fill_layer(layer, block)
    put(model.model.norm.weight, weights["ln_f"]["gain"])
    put(model.lm_head.weight, weights["W_U"].T)
    return model


def _hf_config(config: Config) -> "LlamaConfig":
    from transformers import LlamaConfig

    return LlamaConfig(
        hidden_size=config["d_model"],
        num_attention_heads=config["n_heads"],
        num_key_value_heads=config["n_kv_heads"],
        head_dim=config["d_head"],
        intermediate_size=config["d_mlp"],
        num_hidden_layers=config["n_layers"],
        vocab_size=config["d_vocab"],
        rms_norm_eps=config["norm_eps"],
        rope_parameters={"rope_type": "default", "rope_theta": config["rotary_base"]},
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=None,
        # transformers' dataclass_transform hides that configs take further keywords.
        attn_implementation="eager",  # type: ignore[call-arg]
    )


def _fill_layer(layer: "LlamaDecoderLayer", weights: Mapping[str, Any]) -> None:
    _fill_attention(layer.self_attn, weights["attn"])
    mlp = weights["mlp"]
    for linear, name in ((layer.mlp.gate_proj, "W_gate"), (layer.mlp.up_proj, "W_in")):
        put(linear.weight, mlp[name].T)
    put(layer.mlp.down_proj.weight, mlp["W_out"].T)
    put(layer.input_layernorm.weight, weights["ln_1"]["gain"])
    put(layer.post_attention_layernorm.weight, weights["ln_2"]["gain"])


def _fill_attention(attention: "LlamaAttention", weights: Mapping[str, Tensor]) -> None:
    for linear, letter in (
        (attention.q_proj, "Q"),
        (attention.k_proj, "K"),
        (attention.v_proj, "V"),
        (attention.o_proj, "O"),
    ):
        put(linear.weight, weights[f"W_{letter}"].T)
