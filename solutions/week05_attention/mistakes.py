"""Mistakes of week 5 that are other algorithms than the official solution: see mistakes.md."""

from collections.abc import Sequence
from itertools import combinations

import torch
from jaxtyping import Float
from solution import shape_table
from torch import Tensor

from grader.tools.known_mistakes.shape_rules import without_size

Means = tuple[Float[Tensor, "part"], Float[Tensor, "part"]]


def batch_forgotten():
    """Returns the table without the axis of the 2 prompts."""
    return without_size(shape_table, 2)


def senses_averaged(parts: Float[Tensor, "part sentence d_model"], senses: Sequence[str]) -> Means:
    """Returns means over the senses, or pairs of senses, of the mean distance in each."""
    stream = parts.cumsum(dim=0)
    groups: dict[tuple[str, ...], list[Tensor]] = {}
    for a, b in combinations(range(len(senses)), 2):
        named = tuple(sorted((senses[a], senses[b])))
        groups.setdefault(named, []).append((stream[:, a] - stream[:, b]).norm(dim=-1))
    means = {named: torch.stack(distances).mean(dim=0) for named, distances in groups.items()}
    within, between = ([mean for (a, b), mean in means.items() if (a == b) == same] for same in (True, False))
    return torch.stack(within).mean(dim=0), torch.stack(between).mean(dim=0)


def between_mean_vectors(parts: Float[Tensor, "part sentence d_model"], senses: Sequence[str]) -> Means:
    """Returns the mean distance of a sentence from its sense's mean vector, and of those vectors from each other."""
    stream, kinds = parts.cumsum(dim=0), sorted(set(senses))
    centres = {
        kind: stream[:, [sense == kind for sense in senses]].mean(dim=1, keepdim=True) for kind in kinds
    }
    own = torch.cat([centres[sense] for sense in senses], dim=1)
    apart = [(centres[a] - centres[b]).norm(dim=-1) for a, b in combinations(kinds, 2)]
    return (stream - own).norm(dim=-1).mean(dim=1), torch.cat(apart, dim=1).mean(dim=1)
