"""What the finished file is worth: its loss under HF's own model, beside the stories' exact entropy."""

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
"""Stories at a time: the logits of one, over all 50,257 ids, take 25 MB."""


@dataclass(frozen=True)
class Measurement:
    """A model's loss on validation stories, and the least that is possible on just these."""

    loss: float
    """Nats per predicted token."""
    floor: float
    """−log p of the stories under the story world, per predicted token."""
    n_stories: int
    n_tokens: int

    @property
    def above(self) -> float:
        """How far the loss lies above the floor, as a share of the floor."""
        return self.loss / self.floor - 1


class _Logits(nn.Module):
    """HF's model as the course calls models: ids in, logits out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        return self.model(tokens).logits


def measure(
    folder: Path, text: Corpus, evaluate: Callable[[nn.Module, Iterable[Tensor]], float]
) -> Measurement:
    """The loss of the model in `folder` on whole stories, over all 50,257 ids, by week 11's `evaluate`."""
    from transformers import GPT2LMHeadModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    tokens = torch.tensor(text.token_ids).long()
    batches = whole_stories(tokens, GPT2_IDS - 1, LARGEST_BATCH)
    loss = evaluate(_Logits(model.eval()), batches)
    return Measurement(loss, text.floor, len(text.log_probabilities), len(tokens))
