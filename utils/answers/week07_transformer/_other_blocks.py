"""HF's blocks of other models, GPT-1's and GPT-NeoX's, with weights under the course's names."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from utils.answers.oracles.hf_model import Config, additive_mask, fill_mlp, fill_norm, put, side_by_side

if TYPE_CHECKING:
    from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXLayer

Resid = Float[Tensor, "batch seq d_model"]


def run_gpt1_block(config: Config, weights: dict, resid: Resid) -> Resid:
    """Run a block of OpenAI's first GPT, whose norms follow the sums, with an MLP of d_mlp neurons."""
    from transformers import OpenAIGPTConfig
    from transformers.models.openai.modeling_openai import MLP, Block

    sizes = OpenAIGPTConfig(
        n_embd=config["d_model"],
        n_head=config["n_heads"],
        layer_norm_epsilon=config["layer_norm_eps"],
        resid_pdrop=0.0,
        attn_pdrop=0.0,
        afn="gelu",
    )
    block = Block(resid.shape[1], sizes, scale=True)
    block.mlp = MLP(config["d_mlp"], sizes)
    attn = weights["attn"]
    put(block.attn.c_attn.weight, torch.cat([side_by_side(attn[f"W_{letter}"]) for letter in "QKV"], dim=1))
    put(block.attn.c_attn.bias, torch.cat([attn[f"b_{letter}"].flatten() for letter in "QKV"]))
    put(block.attn.c_proj.weight, attn["W_O"].flatten(0, 1))
    put(block.attn.c_proj.bias, attn["b_O"])
    fill_mlp(block.mlp, weights["mlp"])
    fill_norm(block.ln_1, weights["ln_1"])
    fill_norm(block.ln_2, weights["ln_2"])
    with torch.no_grad():
        return block.eval()(resid)[0]


def run_parallel_block(config: Config, weights: dict, resid: Resid) -> Resid:
    """Run a GPT-NeoX block whose two norms share ln_1's weights and whose rotary angles are all 0."""
    from transformers import GPTNeoXConfig
    from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXLayer

    sizes = GPTNeoXConfig(
        hidden_size=config["d_model"],
        num_attention_heads=config["n_heads"],
        intermediate_size=config["d_mlp"],
        layer_norm_eps=config["layer_norm_eps"],
        hidden_act="gelu_new",
        use_parallel_residual=True,
        # transformers' dataclass_transform hides that configs take further keywords.
        attn_implementation="eager",  # type: ignore[call-arg]
    )
    layer = GPTNeoXLayer(sizes, layer_idx=0).eval()
    _fill_neox(layer, weights)
    seq = resid.shape[1]
    unturned = torch.ones(1, seq, config["d_head"]), torch.zeros(1, seq, config["d_head"])
    with torch.no_grad():
        return layer(resid, attention_mask=additive_mask(seq), position_embeddings=unturned)


def _fill_neox(layer: "GPTNeoXLayer", weights: dict) -> None:
    attn, mlp = weights["attn"], weights["mlp"]
    # GPT-NeoX packs one head's q, k and v side by side, then the next head's; nn.Linear keeps [out, in].
    of_heads = torch.cat([attn[f"W_{letter}"].mT for letter in "QKV"], dim=1)
    put(layer.attention.query_key_value.weight, of_heads.flatten(0, 1))
    put(
        layer.attention.query_key_value.bias,
        torch.cat([attn[f"b_{letter}"] for letter in "QKV"], dim=1).flatten(),
    )
    put(layer.attention.dense.weight, attn["W_O"].flatten(0, 1).T)
    put(layer.attention.dense.bias, attn["b_O"])
    for linear, suffix in ((layer.mlp.dense_h_to_4h, "in"), (layer.mlp.dense_4h_to_h, "out")):
        put(linear.weight, mlp[f"W_{suffix}"].T)
        put(linear.bias, mlp[f"b_{suffix}"])
    for norm in (layer.input_layernorm, layer.post_attention_layernorm):
        fill_norm(norm, weights["ln_1"])
