"""What a storyteller can do besides telling stories: the things that the weeks look for in the reference.

Each module measures one of them on a model in HF's format, so that the model card and the tests of the
shipped file state the same numbers.
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
    """All of them, of one model."""

    analogies: AnalogyScore
    pronouns: PronounHeads
    repeats: RepeatScore
    samples: dict[str, Sampled]
    """By the name of the sampler, in the order of SAMPLERS."""


def measure_abilities(folder: Path, n_stories: int) -> Abilities:
    """Measures the model in `folder`, which is in HF's format, on so many stories of each sampler."""
    model = open_model(folder)
    return Abilities(
        score_analogies(model),
        find_pronoun_heads(model),
        score_repeats(model),
        {name: sample_stories(model, name, n_stories) for name in SAMPLERS},
    )
