"""Hugging Face's GPT-2 at both ends, ids to vectors and vectors to logits: the reference of week 3."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from utils.answers.oracles.hf_config import eager_config

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel


def _gpt2(W_E: Float[Tensor, "d_vocab d_model"], W_pos: Float[Tensor, "n_ctx d_model"]) -> "GPT2LMHeadModel":
    """Returns HF's GPT2LMHeadModel without blocks, with these two matrices."""
    from transformers import GPT2LMHeadModel

    config = eager_config(
        vocab_size=len(W_E),
        n_positions=len(W_pos),
        n_embd=W_E.shape[1],
        n_layer=0,
        n_head=1,
        bos_token_id=0,
        eos_token_id=0,
    )
    with torch.random.fork_rng(
        devices=[]
    ):  # HF draws initial weights; the notebook's random state must not change
        model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        model.transformer.wte.weight.copy_(W_E)
        model.transformer.wpe.weight.copy_(W_pos)
    return model


@torch.no_grad()
def token_vectors(tokens: Int[Tensor, "batch seq"], W_E: Tensor) -> Float[Tensor, "batch seq d_model"]:
    """Returns the output of HF's `wte`."""
    return _gpt2(W_E, W_E[:1]).transformer.wte(tokens)


@torch.no_grad()
def place_vectors(tokens: Int[Tensor, "batch seq"], W_pos: Tensor) -> Float[Tensor, "batch seq d_model"]:
    """Returns the vectors that HF's model adds to the tokens' vectors: its sum when those are 0."""
    return first_resid(torch.zeros_like(tokens), torch.zeros_like(W_pos[:1]), W_pos)


@torch.no_grad()
def first_resid(
    tokens: Int[Tensor, "batch seq"],
    W_E: Float[Tensor, "d_vocab d_model"],
    W_pos: Float[Tensor, "n_ctx d_model"],
) -> Float[Tensor, "batch seq d_model"]:
    """Returns the input of the first block of HF's model."""
    model = _gpt2(W_E, W_pos).transformer
    seen: list[Tensor] = []
    model.drop.register_forward_hook(lambda module, args, output: seen.append(output))
    model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False)
    return seen[0]


@torch.no_grad()
def tied_logits(resid: Float[Tensor, "batch seq d_model"], W_E: Tensor) -> Float[Tensor, "batch seq d_vocab"]:
    """Returns the output of HF's `lm_head`, whose weight is tied to `wte`."""
    return _gpt2(W_E, W_E[:1]).lm_head(resid)
