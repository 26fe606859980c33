"""Loads the model to measure with HF's own classes, and lists the words of its stories."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from grader.tools.storyteller.recipe import TrainingRecipe
from grader.tools.storyteller.text import StoryText


@dataclass(frozen=True)
class StorytellerModel:
    """A model in HF's format with its tokenizer."""

    hf: Any
    """GPT2LMHeadModel, eval mode, eager attention, float32."""
    tokenizer: Any

    @property
    def end_of_text(self) -> int:
        """The id before every story."""
        return self.tokenizer.eos_token_id

    @cached_property
    def words(self) -> dict[str, int]:
        """The ids of the story words that are one token with their leading space, by word."""
        pieces = (
            (self.tokenizer.decode([used]), used) for used in StoryText(TrainingRecipe()).vocabulary.used
        )
        return {piece[1:]: used for piece, used in pieces if piece[0] == " " and piece[1:].isalpha()}

    @torch.no_grad()
    def look(
        self, tokens: Int[Tensor, "batch seq"]
    ) -> tuple[Float[Tensor, "batch seq d_vocab"], Float[Tensor, "n_layers batch n_heads query key"]]:
        """Returns the logits, and the attention pattern of every head."""
        out = self.hf(tokens, output_attentions=True)
        return out.logits, torch.stack(out.attentions)


def open_model(folder: Path) -> StorytellerModel:
    """Loads a model with HF's Auto classes, without the network.

    Raises:
        OSError: a file is missing or damaged.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    hf = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", local_files_only=True)
    return StorytellerModel(hf.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True))
