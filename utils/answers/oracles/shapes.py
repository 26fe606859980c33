"""The shapes of GPT-2 small, from Hugging Face's own model run on torch's meta device."""

import functools

import torch

from utils.answers.oracles.hf_config import eager_config

Shape = tuple[int, ...]


@functools.cache
def gpt2_small_shapes(batch: int, seq: int) -> dict[str, Shape]:
    """Returns shapes in GPT-2 small's first block, by the course's names, for tokens [batch, seq]."""
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        model = GPT2LMHeadModel(eager_config()).eval()
        tokens = torch.zeros(batch, seq, dtype=torch.long)
    seen: dict[str, Shape] = {"tokens": tuple(tokens.shape)}
    block = model.transformer.h[0]
    block.attn.register_forward_pre_hook(
        lambda module, args, kwargs: seen.update({"x": _first_shape(args, kwargs)}), with_kwargs=True
    )
    block.attn.register_forward_hook(
        lambda module, args, output: seen.update({"attn_out": tuple(output[0].shape)})
    )
    output = model(tokens, attention_mask=torch.ones_like(tokens), output_attentions=True, use_cache=False)
    seen["all_patterns"] = tuple(output.attentions[0].shape)
    seen["logits"] = tuple(output.logits.shape)
    # HF packs all heads' queries, keys and values into one weight: [d_model, 3 · n_heads · d_head].
    heads = seen["all_patterns"][1]
    seen["z"] = (batch, seq, block.attn.c_attn.weight.shape[1] // (3 * heads))
    return seen


def gradient_of(parameter: torch.Tensor) -> torch.Tensor:
    """Returns the gradient that backward() left in the parameter.

    Raises:
        ValueError: backward() has not reached it.
    """
    if parameter.grad is None:
        raise ValueError("backward() has not reached this parameter.")
    return parameter.grad


def _first_shape(args: tuple, kwargs: dict) -> tuple[int, ...]:
    return tuple((args[0] if args else kwargs["hidden_states"]).shape)
