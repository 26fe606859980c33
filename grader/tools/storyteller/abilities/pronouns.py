""" "The cat sat on the mat because it …": which heads go from the pronoun to its noun."""

from itertools import islice
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from grader.tools.storyteller.abilities.model import StorytellerModel
from grader.tools.storyteller.text import VALIDATION_SEED
from utils.story_world import Mention, Story, stories

SENTENCES = 200
KIND = "rest"
"""Of these stories the first pronoun is the "it" after "because"."""


class PronounHeads(NamedTuple):
    """How often a head's largest attention, at the pronoun, lies on its noun."""

    best: tuple[int, int]
    """(layer, head) of the one that finds it most often."""
    best_share: float
    """The share of sentences in which this one head finds it."""
    any_share: float
    """The share of sentences in which at least one head does."""
    sentences: int


def find_pronoun_heads(model: StorytellerModel) -> PronounHeads:
    """Reads the beginnings of `SENTENCES` validation stories up to their first "it"."""
    told = (each for each in stories(VALIDATION_SEED, split="validation") if each.kind == KIND)
    found = torch.stack([_finds(model, each) for each in islice(told, SENTENCES)])
    shares = found.float().mean(dim=0)
    best = int(shares.argmax())
    return PronounHeads(
        divmod(best, shares.shape[1]),
        shares.max().item(),
        found.flatten(1).any(dim=1).float().mean().item(),
        len(found),
    )


def _finds(model: StorytellerModel, told: Story) -> Bool[Tensor, "n_layers n_heads"]:
    """Which heads give, at the first pronoun, their largest attention to one of the mentions of its noun."""
    tokens, position_of = _read(model, told.text)
    pronoun = next(each for each in told.mentions if each.pronoun)
    before = told.mentions[: told.mentions.index(pronoun)]
    nouns = [position_of[each.end] for each in before if _is_noun_of(each, pronoun)]
    _, patterns = model.look(tokens)
    largest = patterns[:, 0, :, position_of[pronoun.end]].argmax(dim=-1)
    return torch.isin(largest, torch.tensor(nouns))


def _is_noun_of(mention: Mention, pronoun: Mention) -> bool:
    return mention.slot == pronoun.slot and not mention.pronoun


def _read(model: StorytellerModel, text: str) -> tuple[Int[Tensor, "1 seq"], dict[int, int]]:
    """The story's tokens after <|endoftext|>, and the position of the token that ends at each character."""
    read = model.tokenizer(text, return_offsets_mapping=True)
    ends = {end: position for position, (_, end) in enumerate(read["offset_mapping"], start=1)}
    return torch.tensor([[model.end_of_text, *read["input_ids"]]]), ends
