"""The story world: a seeded generator of short English stories, each with its exact probability.

from utils.story_world import story, stories, corpus, entropy

story(seed=0, index=7).text
corpus("train", seed=0, n_tokens=1_000_000).token_ids
entropy(10_000, seed=1).per_token_nats      # no model of these stories can have a lower loss
"""

from utils.story_world._corpus import Corpus, corpus
from utils.story_world._encoding import story_tokens
from utils.story_world._entropy import Entropy, entropy, exact_entropy
from utils.story_world._grammar import Mention
from utils.story_world._words import NAMES
from utils.story_world._world import (
    STORY_KINDS,
    WORLD,
    NotAStory,
    Split,
    Story,
    log_probability,
    split_of,
    stories,
    story,
)

__all__ = [
    "NAMES",
    "STORY_KINDS",
    "WORLD",
    "Corpus",
    "Entropy",
    "Mention",
    "NotAStory",
    "Split",
    "Story",
    "corpus",
    "entropy",
    "exact_entropy",
    "log_probability",
    "split_of",
    "stories",
    "story",
    "story_tokens",
]
