"""Hugging Face's own GPT-2 at both ends, ids to vectors and vectors to logits: the reference of week 3."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def _gpt2(W_E: Float[Tensor, "d_vocab d_model"], W_pos: Float[Tensor, "n_ctx d_model"]):
    """HF's GPT2LMHeadModel without blocks, holding these two matrices."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=len(W_E),
        n_positions=len(W_pos),
        n_embd=W_E.shape[1],
        n_layer=0,
        n_head=1,
        bos_token_id=0,
        eos_token_id=0,
        attn_implementation="eager",
    )
    with torch.random.fork_rng(devices=[]):  # HF draws first weights, and a notebook's draws are its own
        model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        model.transformer.wte.weight.copy_(W_E)
        model.transformer.wpe.weight.copy_(W_pos)
    return model


@torch.no_grad()
def token_vectors(tokens: Int[Tensor, "batch seq"], W_E: Tensor) -> Float[Tensor, "batch seq d_model"]:
    """What HF's `wte` gives."""
    return _gpt2(W_E, W_E[:1]).transformer.wte(tokens)


@torch.no_grad()
def place_vectors(tokens: Int[Tensor, "batch seq"], W_pos: Tensor) -> Float[Tensor, "batch seq d_model"]:
    """What HF's model adds to its tokens' vectors: the sum that it makes with tokens that are all 0."""
    return first_resid(torch.zeros_like(tokens), torch.zeros_like(W_pos[:1]), W_pos)


@torch.no_grad()
def first_resid(
    tokens: Int[Tensor, "batch seq"],
    W_E: Float[Tensor, "d_vocab d_model"],
    W_pos: Float[Tensor, "n_ctx d_model"],
) -> Float[Tensor, "batch seq d_model"]:
    """What HF's model gives its first block."""
    model = _gpt2(W_E, W_pos).transformer
    seen = []
    model.drop.register_forward_hook(lambda module, args, output: seen.append(output))
    model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False)
    return seen[0]


@torch.no_grad()
def tied_logits(resid: Float[Tensor, "batch seq d_model"], W_E: Tensor) -> Float[Tensor, "batch seq d_vocab"]:
    """What HF's `lm_head` makes of vectors; its weight is tied to `wte`."""
    return _gpt2(W_E, W_E[:1]).lm_head(resid)
