"""One run of the model, watched: what every stage from the text to the next token gives, and its shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from utils.tokens import token_strings

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor
    from torch.nn import Module

    from utils.reference import ModelConfig, Reference


class PromptProblem(ValueError):
    """A prompt that the model cannot read; the message says why and what to do."""


@dataclass(frozen=True)
class Run:
    """What came out of each stage for one prompt, as the model itself gave it."""

    prompt: str
    ids: Tensor
    """[1, seq]"""
    stages: dict[str, Tensor]
    """The stages' outputs by the names of `stage_names`, in order. The text's own entry is its ids."""
    continued: str
    """The prompt with the likeliest next token behind it."""

    @property
    def tokens(self) -> list[str]:
        """The prompt's tokens as strings."""
        return token_strings(self.ids[0])


def stage_names(config: ModelConfig) -> list[str]:
    """The stages of a model of this size, from the text to the next token."""
    blocks = [f"block {number}" for number in range(config.n_layers)]
    before = ["text", "tokens", "token vectors", "position vectors", "embeddings"]
    return [*before, *blocks, "logits", "probabilities", "next token"]


def run(reference: Reference, prompt: str) -> Run:
    """Runs the model on `prompt` and keeps what every stage gives.

    Raises:
        PromptProblem: the prompt is empty, or longer than the model can see.
    """
    import torch

    ids = torch.tensor([_encode(reference, prompt)])
    model, seen = reference.model, {}
    with torch.no_grad(), _watched(model.transformer, seen):
        logits = model(ids, use_cache=False).logits
    probabilities = logits.softmax(dim=-1)
    best = probabilities[:, -1].argmax(dim=-1)
    outputs = [ids, ids, *seen.values(), logits, probabilities, best]
    stages = dict(zip(stage_names(reference.config), outputs, strict=True))
    return Run(prompt, ids, stages, reference.tokenizer.decode([*ids[0].tolist(), best.item()]))


def _encode(reference: Reference, prompt: str) -> list[int]:
    if not prompt:
        raise PromptProblem("The prompt is empty. Write some text into the box and press Enter.")
    ids = reference.tokenizer.encode(prompt)
    n_ctx = reference.config.n_ctx
    if len(ids) > n_ctx:
        raise PromptProblem(
            f"The prompt has {len(ids):,} tokens, and {reference.name} sees at most {n_ctx:,}. Shorten it."
        )
    return ids


@contextmanager
def _watched(transformer: Module, seen: dict[str, Float[Tensor, "1 seq d_model"]]) -> Iterator[None]:
    """Fills `seen` with the vectors after each stage while the model runs; leaves the model as it was."""

    def keep(name: str):
        def hook(module: Module, inputs: tuple, output: Tensor | tuple) -> None:
            seen[name] = output[0] if isinstance(output, tuple) else output

        return hook

    first_block = transformer.h[0]
    hooks = [
        transformer.wte.register_forward_hook(keep("token vectors")),
        transformer.wpe.register_forward_hook(keep("position vectors")),
        first_block.register_forward_pre_hook(lambda module, inputs: seen.update(embeddings=inputs[0])),
        *(block.register_forward_hook(keep(f"block {n}")) for n, block in enumerate(transformer.h)),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
