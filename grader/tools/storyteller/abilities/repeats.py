"""Measures induction: random names in a sequence that is repeated once."""

from typing import NamedTuple

import torch
from einops import reduce
from jaxtyping import Int
from torch import Tensor

from grader.tools.storyteller.abilities.model import StorytellerModel
from utils.story_world import NAMES

SEQUENCES = 50
PERIOD = 12
"""Names in one round, more than in any song of the stories."""
LEAD = "They sang:"
"""The text before the names, since no story begins with a list."""


class RepeatScore(NamedTuple):
    """A model's induction score and losses on repeated random names."""

    head: tuple[int, int]
    """(layer, head) with the highest induction score."""
    score: float
    """That score: the mean attention from each name of the second round to the name after its first copy."""
    first_loss: float
    """Nats per name of the first round, which is unpredictable."""
    second_loss: float
    """Nats per name of the second round, except for its first name, which is unpredictable."""


def score_repeats(model: StorytellerModel, seed: int = 0) -> RepeatScore:
    """Runs the model on `SEQUENCES` rows of `PERIOD` random names, each repeated once."""
    tokens = repeated_names(model, seed)
    logits, patterns = model.look(tokens)
    # From each name of the second round to the one after its earlier copy: PERIOD − 1 positions back.
    attention = patterns.diagonal(offset=1 - PERIOD, dim1=-2, dim2=-1)[..., -PERIOD:]
    scores = reduce(attention, "layer batch head query -> layer head", "mean")
    best = int(scores.argmax())
    nats = -logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return RepeatScore(
        divmod(best, scores.shape[1]),
        scores.max().item(),
        nats[:, -2 * PERIOD : -PERIOD].mean().item(),
        nats[:, 1 - PERIOD :].mean().item(),
    )


def repeated_names(model: StorytellerModel, seed: int) -> Int[Tensor, "batch seq"]:
    """Returns rows of <|endoftext|>, LEAD and two rounds of distinct names in random order."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.tensor([model.words[name] for name in NAMES])
    orders = [torch.randperm(len(ids), generator=generator) for _ in range(SEQUENCES)]
    rounds = ids[torch.stack(orders)[:, :PERIOD]]
    lead = torch.tensor([model.end_of_text, *model.tokenizer.encode(LEAD)])
    return torch.cat([lead.expand(SEQUENCES, -1), rounds, rounds], dim=1)
