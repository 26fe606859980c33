"""Measures analogies such as king − man + woman → queen between rows of the embedding."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from grader.tools.storyteller.abilities.model import StorytellerModel
from utils.story_world.analogies import ANALOGIES, Analogy


class AnalogyScore(NamedTuple):
    """The number of correct analogies, among those chosen before training."""

    right: dict[str, int]
    """Correct analogies by family."""
    asked: dict[str, int]
    """All analogies by family."""
    king_gives_queen: bool

    @property
    def share(self) -> float:
        """The share of correct analogies, over all families."""
        return sum(self.right.values()) / sum(self.asked.values())


def score_analogies(model: StorytellerModel) -> AnalogyScore:
    """Counts the analogies whose answer is the nearest of all story words."""
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
    """Returns the word nearest, by cosine, to start − minus + plus, other than these three, as in week 3."""
    asked = (analogy.start, analogy.minus, analogy.plus)
    start, minus, plus = (W_E[words[word]] for word in asked)
    others = [word for word in words if word not in asked]
    rows = W_E[torch.tensor([words[word] for word in others])]
    return others[int((normalize(rows, dim=-1) @ (start - minus + plus)).argmax())]
