"""Measures the exported model: its loss in HF's model, beside the stories' exact entropy."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.story_world import Corpus
from utils.story_world.vocabulary import GPT2_IDS
from utils.training import whole_stories

LARGEST_BATCH = 4
"""Stories per batch: the logits of one story over all 50,257 ids take 25 MB."""


@dataclass(frozen=True)
class Measurement:
    """A model's loss on validation stories, and the lowest possible loss on the same stories."""

    loss: float
    """Nats per predicted token."""
    floor: float
    """−log p of the stories under the story world, per predicted token."""
    n_stories: int
    n_tokens: int

    @property
    def above(self) -> float:
        """The excess of the loss over the floor, as a share of the floor."""
        return self.loss / self.floor - 1


class _Logits(nn.Module):
    """Wraps HF's model to return logits alone, as the course's models do."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        return self.model(tokens).logits


def measure(
    folder: Path, text: Corpus, evaluate: Callable[[nn.Module, Iterable[Tensor]], float]
) -> Measurement:
    """Measures the loss of the model in `folder` on whole stories, over all 50,257 ids.

    Args:
        evaluate: week 11's function for the mean loss over batches.
    """
    from transformers import GPT2LMHeadModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    tokens = torch.tensor(text.token_ids).long()
    batches = whole_stories(tokens, GPT2_IDS - 1, LARGEST_BATCH)
    loss = evaluate(_Logits(model.eval()), batches)
    return Measurement(loss, text.floor, len(text.log_probabilities), len(tokens))
