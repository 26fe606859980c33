"""How surprising the story world is: the lowest loss that any model of it can reach."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from utils.story_world._encoding import story_tokens
from utils.story_world._grammar import Choice, Entity, InOrder, Node, Pick
from utils.story_world._world import Split, stories

Holder = Mapping[Entity, float]
"""What a slot may hold, with probabilities."""


class NoExactEntropy(ValueError):
    """The grammar ties its choices together in a way that the recursion does not follow."""


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
    """Entropy per story and per token: means of −log p and of the number of tokens over a sample.

    Per token it is the ratio of the two means, H = mean(−log p) / mean(tokens). The standard error of a
    ratio of means is that of mean(−log p − H · tokens) / mean(tokens) (Cochran, Sampling Techniques, 3rd
    ed., section 6.4).

    Args:
        n_stories: size of the sample, 2 or more.
        seed: of the sample.
        split: sample from this split only. Its floor is the world's own −log p (see `split_of`).

    Raises:
        ValueError: fewer than 2 stories.
    """
    if n_stories < 2:
        raise ValueError(f"A standard error needs at least 2 stories, not {n_stories}.")
    sample = list(islice(stories(seed, split=split), n_stories))
    nats = np.array([-told.log_probability for told in sample])
    tokens = np.array([len(story_tokens(told.text)) + 1 for told in sample])
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
    """Entropy in nats of what `node` tells, without sampling, by the chain rule:

        H(choices) = Σ over choices of E[ H(choice | the choices before it) ]

    Each expectation needs only the distribution of the one slot that owns the pool, so the walk carries
    along what each slot may hold. Leaving out slots is followed where all of them were picked from one and
    the same pool: then every pick is uniform over those left, and each slot alone is uniform over the pool.

    Raises:
        NoExactEntropy: some pick leaves out a slot that was filled from another pool.
    """
    return _walk(node, {})


def _walk(node: Node, holders: dict[str, Holder]) -> float:
    """Expected entropy of `node`; `holders` learns what the slots filled on the way may hold."""
    if isinstance(node, InOrder):
        return math.fsum(_walk(part, holders) for part in node.parts)
    if isinstance(node, Choice):
        return _walk_choice(node, holders)
    if isinstance(node, Pick):
        return _walk_pick(node, holders)
    return 0.0


def _walk_choice(node: Choice, holders: dict[str, Holder]) -> float:
    """H(weights) + Σ weight · H(option); then a slot holds the mixture of what the options left in it."""
    total = -math.fsum(p * math.log(p) for p in node.probabilities)
    afterwards = []
    for p, option in zip(node.probabilities, node.options, strict=True):
        inside = dict(holders)
        total += p * _walk(option, inside)
        afterwards.append((p, inside))
    for slot in set.intersection(*(set(inside) for _, inside in afterwards)):
        holders[slot] = _mixture([(p, inside[slot]) for p, inside in afterwards])
    return total


def _walk_pick(node: Pick, holders: dict[str, Holder]) -> float:
    """log of the number of candidates, averaged over whoever owns the pool."""
    if node.owner is None:
        pools = [(1.0, node.pool)]
    else:
        slot, name = node.owner
        pools = [(p, owner.forms[name]) for owner, p in holders[slot].items()]
    for slot in node.without:
        if len(pools) != 1 or set(holders[slot]) != set(pools[0][1]):
            raise NoExactEntropy(f"Slot {node.slot!r} leaves out {slot!r}, which comes from another pool.")
    holders[node.slot] = _mixture([(p, dict.fromkeys(pool, 1 / len(pool))) for p, pool in pools])
    return math.fsum(p * math.log(len(pool) - len(node.without)) for p, pool in pools)


def _mixture(parts: list[tuple[float, Holder]]) -> Holder:
    """Σ p · holder over the parts."""
    mixed: dict[Entity, float] = {}
    for p, holder in parts:
        for entity, q in holder.items():
            mixed[entity] = mixed.get(entity, 0.0) + p * q
    return mixed
