"""king − man + woman → queen: directions between the rows of the embedding."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from grader.tools.storyteller.abilities.model import StorytellerModel
from utils.story_world.analogies import ANALOGIES, Analogy


class AnalogyScore(NamedTuple):
    """How many of the analogies that were stated before training come out right."""

    right: dict[str, int]
    """By family."""
    asked: dict[str, int]
    king_gives_queen: bool

    @property
    def share(self) -> float:
        """Right answers of all families together."""
        return sum(self.right.values()) / sum(self.asked.values())


def score_analogies(model: StorytellerModel) -> AnalogyScore:
    """Asks the stated analogies: the answer must come first among all story words."""
    W_E = model.hf.transformer.wte.weight.detach()
    answers = {
        family: [nearest_word(W_E, model.words, each) == each.answer for each in analogies]
        for family, analogies in ANALOGIES.items()
    }
    famous = Analogy("king", "man", "woman", "queen")
    return AnalogyScore(
        {family: sum(right) for family, right in answers.items()},
        {family: len(right) for family, right in answers.items()},
        nearest_word(W_E, model.words, famous) == famous.answer,
    )


def nearest_word(W_E: Float[Tensor, "d_vocab d_model"], words: dict[str, int], analogy: Analogy) -> str:
    """The word nearest, by cosine, to start − minus + plus; these three are left out, as in week 3."""
    asked = (analogy.start, analogy.minus, analogy.plus)
    start, minus, plus = (W_E[words[word]] for word in asked)
    others = [word for word in words if word not in asked]
    rows = W_E[torch.tensor([words[word] for word in others])]
    return others[int((normalize(rows, dim=-1) @ (start - minus + plus)).argmax())]
