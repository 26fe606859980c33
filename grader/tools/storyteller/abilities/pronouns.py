"""Finds the heads that attend from a pronoun to its noun, as in "The cat sat on the mat because it …"."""

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
"""The kind of stories whose first pronoun is the "it" after "because"."""


class PronounHeads(NamedTuple):
    """The shares of sentences in which a head's largest attention at the pronoun is on its noun."""

    best: tuple[int, int]
    """(layer, head) of the head that finds the noun most often."""
    best_share: float
    """The share of sentences in which this head finds it."""
    any_share: float
    """The share of sentences in which at least one head does."""
    sentences: int


def find_pronoun_heads(model: StorytellerModel) -> PronounHeads:
    """Measures every head on the beginnings of `SENTENCES` validation stories, up to their first "it"."""
    chosen = (each for each in stories(VALIDATION_SEED, split="validation") if each.kind == KIND)
    found = torch.stack([_finds(model, each) for each in islice(chosen, SENTENCES)])
    shares = found.float().mean(dim=0)
    best = int(shares.argmax())
    return PronounHeads(
        divmod(best, shares.shape[1]),
        shares.max().item(),
        found.flatten(1).any(dim=1).float().mean().item(),
        len(found),
    )


def _finds(model: StorytellerModel, story: Story) -> Bool[Tensor, "n_layers n_heads"]:
    """Returns True for the heads whose largest attention at the first pronoun is on a mention of its noun."""
    tokens, position_of = _read(model, story.text)
    pronoun = next(each for each in story.mentions if each.pronoun)
    before = story.mentions[: story.mentions.index(pronoun)]
    nouns = [position_of[each.end] for each in before if _is_noun_of(each, pronoun)]
    _, patterns = model.look(tokens)
    largest = patterns[:, 0, :, position_of[pronoun.end]].argmax(dim=-1)
    return torch.isin(largest, torch.tensor(nouns))


def _is_noun_of(mention: Mention, pronoun: Mention) -> bool:
    return mention.slot == pronoun.slot and not mention.pronoun


def _read(model: StorytellerModel, text: str) -> tuple[Int[Tensor, "1 seq"], dict[int, int]]:
    """Returns <|endoftext|> and the story's tokens, and each token's position by its end in the text."""
    read = model.tokenizer(text, return_offsets_mapping=True)
    ends = {end: position for position, (_, end) in enumerate(read["offset_mapping"], start=1)}
    return torch.tensor([[model.end_of_text, *read["input_ids"]]]), ends
