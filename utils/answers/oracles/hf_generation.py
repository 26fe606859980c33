"""Hugging Face's logits processors and its generate: the reference of week 9."""

import functools
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from utils.answers.oracles.hf_model import hf_model, put

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel

Model = Mapping[str, Any]
"""The keyword arguments of `_hf`: a `config` as plain data, `weights` under the course's names and, for some
models, the embedding `read`.
"""

Processor = Callable[
    [Int[Tensor, "batch seq"] | None, Float[Tensor, "batch d_vocab"]], Float[Tensor, "batch d_vocab"]
]


@functools.cache
def _processors() -> ModuleType:
    from transformers.generation import logits_process

    return logits_process


def temperature(value: float) -> Processor:
    """Returns HF's TemperatureLogitsWarper, for a temperature above 0."""
    return _processors().TemperatureLogitsWarper(value)


def top_k(k: int) -> Processor:
    """Returns HF's TopKLogitsWarper."""
    return _processors().TopKLogitsWarper(k)


def top_p(p: float) -> Processor:
    """Returns HF's TopPLogitsWarper."""
    return _processors().TopPLogitsWarper(p)


def repetition(penalty: float) -> Processor:
    """Returns HF's RepetitionPenaltyLogitsProcessor."""
    return _processors().RepetitionPenaltyLogitsProcessor(penalty)


def minimum(prompt_length: int, new: int, stop_tokens: list[int]) -> Processor:
    """Returns HF's MinNewTokensLengthLogitsProcessor."""
    return _processors().MinNewTokensLengthLogitsProcessor(prompt_length, new, stop_tokens)


def no_ngram_twice(n: int) -> Processor:
    """Returns HF's NoRepeatNGramLogitsProcessor."""
    return _processors().NoRepeatNGramLogitsProcessor(n)


def processed(
    logits: Float[Tensor, "*lead d_vocab"],
    *processors: Processor,
    tokens: Int[Tensor, "batch seq"] | None = None,
) -> Float[Tensor, "*lead d_vocab"]:
    """Returns the logits after the processors, in this order.

    HF's processors take [batch, d_vocab], so all leading axes become one. Some of them also read `tokens`.
    """
    rows = logits.reshape(-1, logits.shape[-1]).clone()
    for process in processors:
        rows = process(tokens, rows)
    return rows.reshape(logits.shape)


def _hf(
    config: Mapping[str, Any], weights: Mapping[str, Any], read: Tensor | None = None
) -> "GPT2LMHeadModel":
    """Returns HF's model; with `read`, the embedding is `read`, and W_E makes only the logits."""
    hf = hf_model(config, weights)
    if read is not None:
        hf.lm_head.weight = torch.nn.Parameter(hf.lm_head.weight.detach().clone())
        put(hf.transformer.wte.weight, read)
    return hf


@torch.no_grad()
def next_logits(hf: "GPT2LMHeadModel", tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch d_vocab"]:
    """Returns HF's logits after the last token."""
    return hf(tokens, attention_mask=torch.ones_like(tokens), use_cache=False).logits[:, -1]


@torch.no_grad()
def continued(
    model: Model,
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    stop_token: int | None,
    **options: Any,
) -> Int[Tensor, "batch longer"]:
    """Returns the prompts continued by HF's generate without sampling.

    It is greedy unless `options`, which go to HF's GenerationConfig, hold `num_beams`.
    """
    if n_new == 0:  # HF's generate refuses it
        return tokens
    from transformers import GenerationConfig

    hf = _hf(**model)
    filler = 0 if stop_token is None else stop_token
    config = GenerationConfig(
        max_new_tokens=n_new, do_sample=False, eos_token_id=stop_token, pad_token_id=filler, **options
    )
    hf.generation_config = config
    # HF's protocol of `self` declares attributes that its own models inherit with other types.
    ids = hf.generate(  # type: ignore[misc]
        tokens, attention_mask=torch.ones_like(tokens), generation_config=config
    )
    assert isinstance(ids, Tensor)  # HF returns an object only with return_dict_in_generate
    return ids


def continued_in_a_window(
    model: Model,
    tokens: Int[Tensor, "batch seq"],
    n_new: int,
    n_ctx: int,
    processors: Sequence[Processor] = (),
) -> Int[Tensor, "batch longer"]:
    """Returns the prompts continued greedily, by HF's logits for the last n_ctx tokens.

    HF's own generate stops at n_ctx. The processors receive the whole text.
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
    """Returns the probability of each pair of next tokens, from HF's logits after the processors."""
    hf = _hf(**model)

    def probabilities(tokens: Tensor) -> Tensor:
        logits = processed(next_logits(hf, tokens), *processors, tokens=tokens)
        return logits.double().softmax(dim=-1).float()

    d_vocab = model["config"]["d_vocab"]
    with_each_first = torch.column_stack([prompt.expand(d_vocab, -1), torch.arange(d_vocab)])
    return probabilities(prompt)[0][:, None] * probabilities(with_each_first)
