"""One recorded run of the model: the output of every stage from the text to the next token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from utils.tokens import token_strings

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor
    from torch.nn import Module
    from transformers import GPT2Model

    from utils.reference import ModelConfig, Reference


class PromptProblem(ValueError):
    """A prompt that the model cannot take; the message says why and what to do."""


@dataclass(frozen=True)
class PipelineRun:
    """The model's output at each stage for one prompt."""

    prompt: str
    ids: Tensor
    """[1, seq]"""
    stages: dict[str, Tensor]
    """The stages' outputs by the names of `stage_names`, in order. The entry of the text is its ids."""
    continued: str
    """The prompt followed by the likeliest next token."""

    @property
    def tokens(self) -> list[str]:
        """The prompt's tokens as strings."""
        return token_strings(self.ids[0])


def stage_names(config: ModelConfig) -> list[str]:
    """Return the names of a model's stages, from the text to the next token."""
    blocks = [f"block {number}" for number in range(config.n_layers)]
    before = ["text", "tokens", "token vectors", "position vectors", "embeddings"]
    return [*before, *blocks, "logits", "probabilities", "next token"]


def run(reference: Reference, prompt: str) -> PipelineRun:
    """PipelineRun the model on `prompt` and record the output of every stage.

    Raises:
        PromptProblem: The prompt is empty, or longer than n_ctx tokens.
    """
    import torch

    ids = torch.tensor([_encode(reference, prompt)])
    model = reference.model
    outputs: dict[str, Tensor] = {}
    with torch.no_grad(), _recorded(model.transformer, outputs):
        logits = model(ids, use_cache=False).logits
    probabilities = logits.softmax(dim=-1)
    best = probabilities[:, -1].argmax(dim=-1)
    in_order = [ids, ids, *outputs.values(), logits, probabilities, best]
    stages = dict(zip(stage_names(reference.config), in_order, strict=True))
    continued = str(reference.tokenizer.decode([*ids[0].tolist(), best.item()]))
    return PipelineRun(prompt, ids, stages, continued)


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
def _recorded(transformer: GPT2Model, outputs: dict[str, Float[Tensor, "1 seq d_model"]]) -> Iterator[None]:
    """Record the vectors after each stage in `outputs` during the context; remove the hooks afterwards."""

    def record(name: str) -> Callable[[Module, tuple, Tensor | tuple], None]:
        def hook(module: Module, inputs: tuple, output: Tensor | tuple) -> None:
            outputs[name] = output[0] if isinstance(output, tuple) else output

        return hook

    first_block = transformer.h[0]
    hooks = [
        transformer.wte.register_forward_hook(record("token vectors")),
        transformer.wpe.register_forward_hook(record("position vectors")),
        first_block.register_forward_pre_hook(lambda module, inputs: outputs.update(embeddings=inputs[0])),
        *(block.register_forward_hook(record(f"block {n}")) for n, block in enumerate(transformer.h)),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
