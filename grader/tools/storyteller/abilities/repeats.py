"""Names in a random order, said twice: what came after a name comes after it again."""

from typing import NamedTuple

import torch
from einops import reduce
from jaxtyping import Int
from torch import Tensor

from grader.tools.storyteller.abilities.model import StorytellerModel
from utils.story_world import NAMES

SEQUENCES = 50
PERIOD = 12
"""Names until the first comes again; more than in any song of the stories."""
LEAD = "They sang:"
"""What stands before them, since no story begins with a list."""


class RepeatScore(NamedTuple):
    """How a model reads random names the second time."""

    head: tuple[int, int]
    """(layer, head) with the highest induction score."""
    score: float
    """That score: the mean attention from each name of the second round to the one after its earlier copy."""
    first_loss: float
    """Nats per name of the first round, which nobody can know."""
    second_loss: float
    """Nats per name of the second round, but for its first: nobody can know that a round begins."""


def score_repeats(model: StorytellerModel, seed: int = 0) -> RepeatScore:
    """Lets the model read `SEQUENCES` rows of `PERIOD` random names, each row twice."""
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
    """<|endoftext|>, LEAD and two rounds of different names in random order, in each row."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.tensor([model.words[name] for name in NAMES])
    orders = [torch.randperm(len(ids), generator=generator) for _ in range(SEQUENCES)]
    rounds = ids[torch.stack(orders)[:, :PERIOD]]
    lead = torch.tensor([model.end_of_text, *model.tokenizer.encode(LEAD)])
    return torch.cat([lead.expand(SEQUENCES, -1), rounds, rounds], dim=1)
