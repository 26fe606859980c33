"""Measures a storyteller's abilities: what the weeks' notebooks look for in the reference model.

Each module measures one ability of a model in HF's format, for the model card and the tests of the shipped
file.
"""

from pathlib import Path
from typing import NamedTuple

from grader.tools.storyteller.abilities.analogies import AnalogyScore, score_analogies
from grader.tools.storyteller.abilities.model import StorytellerModel, open_model
from grader.tools.storyteller.abilities.pronouns import PronounHeads, find_pronoun_heads
from grader.tools.storyteller.abilities.repeats import RepeatScore, score_repeats
from grader.tools.storyteller.abilities.sampling import SAMPLERS, Sampled, sample_stories

__all__ = [
    "SAMPLERS",
    "Abilities",
    "AnalogyScore",
    "PronounHeads",
    "RepeatScore",
    "Sampled",
    "StorytellerModel",
    "find_pronoun_heads",
    "measure_abilities",
    "open_model",
    "sample_stories",
    "score_analogies",
    "score_repeats",
]


class Abilities(NamedTuple):
    """All measured abilities of one model."""

    analogies: AnalogyScore
    pronouns: PronounHeads
    repeats: RepeatScore
    samples: dict[str, Sampled]
    """By name of the sampler, in the order of SAMPLERS."""


def measure_abilities(folder: Path, n_stories: int) -> Abilities:
    """Measures the model in `folder`, in HF's format, with `n_stories` stories for each sampler."""
    model = open_model(folder)
    return Abilities(
        score_analogies(model),
        find_pronoun_heads(model),
        score_repeats(model),
        {name: sample_stories(model, name, n_stories) for name in SAMPLERS},
    )
