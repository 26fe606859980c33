"""The entropy of the story world, which is the lowest loss that any model of it can reach."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from utils.story_world._encoding import story_tokens
from utils.story_world._grammar import Alternatives, Entity, InOrder, Node, Pick
from utils.story_world._world import Split, stories

Distribution = Mapping[Entity, float]
"""The probabilities of the entities that a slot may hold."""


class NoExactEntropy(ValueError):
    """The grammar's choices depend on each other in a way that the recursion does not cover."""


@dataclass(frozen=True)
class Entropy:
    """The entropy of the story world, estimated from a sample of stories, with standard errors."""

    per_story_nats: float
    per_story_standard_error: float
    tokens_per_story: float
    """GPT-2 tokens, with the <|endoftext|> that ends each story."""
    per_token_nats: float
    per_token_standard_error: float
    n_stories: int


def entropy(n_stories: int = 10_000, seed: int = 0, split: Split | None = None) -> Entropy:
    """Estimate the entropy per story and per token from the means of −log p and token count over a sample.

    Per token it is the ratio of the two means, H = mean(−log p) / mean(tokens). The standard error of a
    ratio of means is that of mean(−log p − H · tokens) / mean(tokens) (Cochran, Sampling Techniques, 3rd
    ed., section 6.4).

    Args:
        n_stories: the size of the sample, 2 or more.
        seed: the seed of the sample.
        split: sample from this split only. Its floor is the world's own −log p (see `split_of`).

    Raises:
        ValueError: fewer than 2 stories.
    """
    if n_stories < 2:
        raise ValueError(f"A standard error needs at least 2 stories, not {n_stories}.")
    sample = list(islice(stories(seed, split=split), n_stories))
    nats = np.array([-story.log_probability for story in sample])
    tokens = np.array([len(story_tokens(story.text)) + 1 for story in sample])
    ratio = nats.mean() / tokens.mean()
    root = math.sqrt(n_stories)
    return Entropy(
        per_story_nats=float(nats.mean()),
        per_story_standard_error=float(nats.std(ddof=1) / root),
        tokens_per_story=float(tokens.mean()),
        per_token_nats=float(ratio),
        per_token_standard_error=float((nats - ratio * tokens).std(ddof=1) / root / tokens.mean()),
        n_stories=n_stories,
    )


def exact_entropy(node: Node) -> float:
    """Return the entropy of the texts of `node` in nats, without sampling, by the chain rule.

        H(choices) = Σ over choices of E[ H(choice | the choices before it) ]

    Each expectation needs only the distribution of the one slot that owns the pool, so the walk keeps the
    distribution of each slot. Picks without the entities of other slots are covered if all these slots were
    filled from the same pool: then the pick is uniform over the rest, and each slot alone is uniform over the
    pool.

    Raises:
        NoExactEntropy: a pick leaves out a slot that was filled from another pool.
    """
    return _walk(node, {})


def _walk(node: Node, slots: dict[str, Distribution]) -> float:
    """Return the expected entropy of `node`, and add the slots that it fills to `slots`."""
    if isinstance(node, InOrder):
        return math.fsum(_walk(part, slots) for part in node.parts)
    if isinstance(node, Alternatives):
        return _walk_choice(node, slots)
    if isinstance(node, Pick):
        return _walk_pick(node, slots)
    return 0.0


def _walk_choice(node: Alternatives, slots: dict[str, Distribution]) -> float:
    """Return H(weights) + Σ weight · H(option); a slot's distribution is the mixture over the options."""
    total = -math.fsum(p * math.log(p) for p in node.probabilities)
    afterwards = []
    for p, option in zip(node.probabilities, node.options, strict=True):
        inside = dict(slots)
        total += p * _walk(option, inside)
        afterwards.append((p, inside))
    for slot in set.intersection(*(set(inside) for _, inside in afterwards)):
        slots[slot] = _mixture([(p, inside[slot]) for p, inside in afterwards])
    return total


def _walk_pick(node: Pick, slots: dict[str, Distribution]) -> float:
    """Return the log of the number of candidates, averaged over the owners of the pool."""
    if node.owner is None:
        pools = [(1.0, node.pool)]
    else:
        slot, name = node.owner
        pools = [(p, owner.pools[name]) for owner, p in slots[slot].items()]
    for slot in node.without:
        if len(pools) != 1 or set(slots[slot]) != set(pools[0][1]):
            raise NoExactEntropy(f"Slot {node.slot!r} leaves out {slot!r}, which comes from another pool.")
    slots[node.slot] = _mixture([(p, dict.fromkeys(pool, 1 / len(pool))) for p, pool in pools])
    return math.fsum(p * math.log(len(pool) - len(node.without)) for p, pool in pools)


def _mixture(parts: list[tuple[float, Distribution]]) -> Distribution:
    """Return Σ p · distribution over the parts."""
    mixed: dict[Entity, float] = {}
    for p, distribution in parts:
        for entity, q in distribution.items():
            mixed[entity] = mixed.get(entity, 0.0) + p * q
    return mixed
