"""The stories: any number of them, each with its exact log p, addressed by seed and index.

A story is drawn only with `random.Random(integer).random()`. Python guarantees that this sequence is the same
on every machine and in every later version (docs.python.org/3/library/random.html, "Notes on
Reproducibility"), so the same seed and index give the same story everywhere.

Two stories with different choices never have the same text, because each choice changes the words at its
place. The probability of the choices is therefore the probability of the text.
"""

import math
import random
from collections.abc import Iterator
from hashlib import blake2b
from itertools import count
from typing import Literal, NamedTuple

from utils.story_world._grammar import Alternatives, Chance, Mention, Telling, derivations
from utils.story_world._kinds import KINDS

WORLD = Alternatives([node for _, node in KINDS.values()], [weight for weight, _ in KINDS.values()])
"""The whole grammar: first the kind of story, then the story."""

STORY_KINDS = tuple(KINDS)
"""The kinds of story, in the grammar's order."""

VALIDATION_SHARE = 20
"""One story in 20 belongs to the validation split."""

Split = Literal["train", "validation"]


class NotAStory(ValueError):
    """The story world cannot generate this text: its probability is 0."""


class Story(NamedTuple):
    """One story of the story world."""

    text: str
    """Plain ASCII, one paragraph, no blank at either end."""
    log_probability: float
    """log p(text) under the story world, in nats: minus a perfect model's loss, summed over all tokens of the
    story and the <|endoftext|> after it."""
    kind: str
    """The kind of story: one of `STORY_KINDS`."""
    mentions: tuple[Mention, ...]
    """The mentions of people, animals and things, by noun, name or pronoun."""


def story(seed: int, index: int) -> Story:
    """Return the story with this index under this seed, without generating those before it.

    Args:
        seed: any integer.
        index: 0 or more.

    Raises:
        ValueError: the index is negative.
    """
    if index < 0:
        raise ValueError(f"Stories are counted from index 0; there is none at {index}.")
    # Seeded with consecutive integers, the generator's first draws would be slightly dependent; hashes avoid
    # that.
    digest = blake2b(b"%d %d" % (seed, index), digest_size=16).digest()
    telling = Telling(Chance(random.Random(int.from_bytes(digest, "big")).random))
    kind = telling.drawer.weighted(WORLD.cumulative)
    telling.log_probability = WORLD.log_probabilities[kind]
    WORLD.options[kind].tell(telling)
    return Story(telling.text, telling.log_probability, STORY_KINDS[kind], telling.mentions())


def stories(seed: int, start: int = 0, split: Split | None = None) -> Iterator[Story]:
    """Yield stories without end, from index `start` on; with a split, only its stories."""
    for index in count(start):
        candidate = story(seed, index)
        if split is None or split_of(candidate.text) == split:
            yield candidate


def split_of(text: str) -> Split:
    """Return the split of a text, by a hash of the text: no text is ever in both, whatever the seeds.

    Within the validation split a text has probability p(text) / P, where P is the validation split's share of
    the world, and within the training split p(text) / (1 − P). The hash is independent of the content, so
    P = 1/20 to within √(Σ p² · 19/400) < 10⁻⁹. Conditioning on the split thus shifts a story's log p by a
    constant: log 20 = 3.00 nats in validation, log(20/19) = 0.05 nats in training. Only a model that can
    compute the hash could gain them. For any other, the floor on either split is −log p(text) under the world
    itself, that is −`Story.log_probability`; its mean over a split is the world's entropy, up to the sample's
    standard error.
    """
    number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
    return "train" if number % VALIDATION_SHARE else "validation"


def log_probability(text: str) -> float:
    """Return log p(text) in nats, for any text, by parsing it.

    Parsing tries every derivation of the text, which takes some hundredths of a second.

    Raises:
        NotAStory: the story world cannot generate this text.
    """
    ways = [telling.log_probability for telling in derivations(WORLD, text)]
    if not ways:
        raise NotAStory(f"The story world cannot tell this text: {text[:80]!r}")
    largest = max(ways)
    return largest + math.log(math.fsum(math.exp(way - largest) for way in ways))
