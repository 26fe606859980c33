"""A smaller story world: the stories of some kinds only, for training runs of a few minutes."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from utils.story_world._corpus import END_OF_TEXT_ID, Corpus
from utils.story_world._encoding import story_tokens
from utils.story_world._world import STORY_KINDS, WORLD, Split, Story, stories


def kinds_corpus(kinds: Sequence[str], split: Split, seed: int, n_tokens: int) -> Corpus:
    """Return the first stories of the given kinds that have at least `n_tokens` tokens together.

    Its probabilities are those of a world with these kinds only, in the same proportions:
    p(story) / p(one of the kinds), so its floor is exact as well.

    Raises:
        ValueError: `n_tokens` is less than 1, there are no kinds, or a kind does not exist.
    """
    if n_tokens < 1:
        raise ValueError(f"A corpus needs at least 1 token, not {n_tokens}.")
    log_share = _log_share(kinds)
    token_ids, starts, log_probabilities = [END_OF_TEXT_ID], [0], []
    for story in _stories_of(kinds, split, seed):
        token_ids += story_tokens(story.text)
        starts.append(len(token_ids))
        token_ids.append(END_OF_TEXT_ID)
        log_probabilities.append(story.log_probability - log_share)
        if len(token_ids) >= n_tokens:
            break
    return Corpus(np.array(token_ids, np.uint16), np.array(starts), np.array(log_probabilities))


def _log_share(kinds: Sequence[str]) -> float:
    """Return log p(a story is of one of these kinds), in nats."""
    unknown = sorted(set(kinds) - set(STORY_KINDS))
    if unknown or not kinds:
        named = ", ".join(unknown) or "none at all"
        raise ValueError(f"The kinds of story are {', '.join(STORY_KINDS)}; not {named}.")
    weights = dict(zip(STORY_KINDS, WORLD.probabilities, strict=True))
    return math.log(math.fsum(weights[kind] for kind in set(kinds)))


def _stories_of(kinds: Sequence[str], split: Split, seed: int) -> Iterator[Story]:
    return (story for story in stories(seed, split=split) if story.kind in kinds)
