"""Hugging Face's own logits processors and its generate: the reference of week 9."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from utils.answers.oracles.hf_model import hf_model, put

Model = Mapping[str, Any]
"""A `config` as plain data, `weights` under the course's names and, if it has one, the table `read`."""

Processor = Callable[
    [Int[Tensor, "batch seq"], Float[Tensor, "batch d_vocab"]], Float[Tensor, "batch d_vocab"]
]


@functools.cache
def _processors():
    from transformers.generation import logits_process

    return logits_process


def temperature(value: float) -> Processor:
    """HF's TemperatureLogitsWarper; the temperature is above 0."""
    return _processors().TemperatureLogitsWarper(value)


def top_k(k: int) -> Processor:
    """HF's TopKLogitsWarper."""
    return _processors().TopKLogitsWarper(k)


def top_p(p: float) -> Processor:
    """HF's TopPLogitsWarper."""
    return _processors().TopPLogitsWarper(p)


def repetition(penalty: float) -> Processor:
    """HF's RepetitionPenaltyLogitsProcessor."""
    return _processors().RepetitionPenaltyLogitsProcessor(penalty)


def minimum(prompt_length: int, new: int, stop_token: int) -> Processor:
    """HF's MinNewTokensLengthLogitsProcessor."""
    return _processors().MinNewTokensLengthLogitsProcessor(prompt_length, new, stop_token)


def no_ngram_twice(n: int) -> Processor:
    """HF's NoRepeatNGramLogitsProcessor."""
    return _processors().NoRepeatNGramLogitsProcessor(n)


def processed(
    logits: Float[Tensor, "*lead d_vocab"],
    *processors: Processor,
    tokens: Int[Tensor, "batch seq"] | None = None,
) -> Float[Tensor, "*lead d_vocab"]:
    """The logits after the processors, in this order. HF's know rows only, so other axes become rows."""
    rows = logits.reshape(-1, logits.shape[-1]).clone()
    for process in processors:
        rows = process(tokens, rows)
    return rows.reshape(logits.shape)


def _hf(config: Mapping[str, Any], weights: Mapping[str, Any], read: Tensor | None = None):
    """HF's model; with `read`, tokens are looked up there, and only the logits are made with W_E."""
    hf = hf_model(config, weights)
    if read is not None:
        hf.lm_head.weight = torch.nn.Parameter(hf.lm_head.weight.detach().clone())
        put(hf.transformer.wte.weight, read)
    return hf


@torch.no_grad()
def next_logits(hf, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch d_vocab"]:
    """HF's logits after the last token."""
    return hf(tokens, attention_mask=torch.ones_like(tokens), use_cache=False).logits[:, -1]


@torch.no_grad()
def continued(
    model: Model,
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    stop_token: int | None,
    **how: Any,
) -> Int[Tensor, "batch longer"]:
    """What HF's generate makes of the prompts without drawing: greedily, or with `num_beams` in `how`."""
    if n_new == 0:  # which HF's generate refuses
        return tokens
    from transformers import GenerationConfig

    hf = _hf(**model)
    filler = 0 if stop_token is None else stop_token
    config = GenerationConfig(
        max_new_tokens=n_new, do_sample=False, eos_token_id=stop_token, pad_token_id=filler, **how
    )
    hf.generation_config = config
    return hf.generate(tokens, attention_mask=torch.ones_like(tokens), generation_config=config)


def continued_in_a_window(
    model: Model,
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    n_ctx: int,
    processors: Sequence[Processor] = (),
) -> Int[Tensor, "batch longer"]:
    """Greedy continuation from HF's logits for the last n_ctx tokens: HF's own generate stops at n_ctx.

    The processors are given the whole text.
    """
    hf = _hf(**model)
    for _ in range(n_new):
        logits = processed(next_logits(hf, tokens[:, -n_ctx:]), *processors, tokens=tokens)
        best = logits.max(dim=-1).indices
        tokens = torch.column_stack([tokens, best])
    return tokens


def pair_probabilities(
    model: Model, prompt: Int[Tensor, "1 seq"], processors: Sequence[Processor]
) -> Float[Tensor, "first second"]:
    """How probable each pair of next tokens is, from HF's logits after the processors."""
    hf = _hf(**model)

    def shares(tokens: Tensor) -> Tensor:
        logits = processed(next_logits(hf, tokens), *processors, tokens=tokens)
        return logits.double().softmax(dim=-1).float()

    d_vocab = model["config"]["d_vocab"]
    every_first = torch.column_stack([prompt.expand(d_vocab, -1), torch.arange(d_vocab)])
    return shares(prompt)[0][:, None] * shares(every_first)
