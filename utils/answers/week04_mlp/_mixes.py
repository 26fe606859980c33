"""Random layers for `each_position_alone`'s cases, by the positions that they read."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from utils.checks.engine.cases import Draw

Kind = Callable[[Draw, int], dict[str, Tensor]]
"""Draws the numbers in which a kind of layer differs from `_quiet`, for that many positions."""

_PARTS = ("bent", "normed", "constant", "plain", "over_positions", "centred", "unit")


def _some(draw: Draw, *shape: int) -> Float[Tensor, "*shape"]:
    """Numbers of either sign whose size is from 0.5 to 1.5."""
    return (0.5 + draw.integers(0, 1001, *shape) / 1000) * (2.0 * draw.booleans(*shape) - 1)


def _so_far(draw: Draw, seq: int) -> Float[Tensor, "query key"]:
    """Every position reads itself and all before it, about 1 in all."""
    return _some(draw, seq, seq).tril() / torch.arange(1, seq + 1)[:, None].sqrt()


def _alike(draw: Draw, seq: int) -> Float[Tensor, "query key"]:
    """Every position reads itself and the mean of all, so the layer ignores the order of positions."""
    return torch.eye(seq) + _some(draw, 1) / seq


def _all_but_first(draw: Draw, seq: int) -> Float[Tensor, "query key"]:
    """Every position but the first reads all."""
    reads = _some(draw, seq, seq) / seq**0.5
    reads[0] = 0.0
    return reads


def _part(name: str) -> Kind:
    return lambda draw, seq: {name: _some(draw, 1)[0]}


def _reading(reads: Callable[[Draw, int], Tensor], **more: float) -> Kind:
    """A layer that applies a nonlinearity to each vector and adds the vectors that the positions read."""
    switched = {name: torch.tensor(number) for name, number in more.items()}
    return lambda draw, seq: {"bent": torch.tensor(1.0), "reads": reads(draw, seq)} | switched


def _entry(draw: Draw, seq: int, query: int, key: int) -> Float[Tensor, "query key"]:
    """One position reads one other; a negative number counts from the end."""
    single = torch.zeros(seq, seq)
    single[query, key] = _some(draw, 1)[0]
    return single


def _at(query: int, key: int) -> Kind:
    return _reading(lambda draw, seq: _entry(draw, seq, query, key))


def _any_two(draw: Draw, seq: int) -> Float[Tensor, "query key"]:
    query, key = draw.order(seq)[:2]
    return _entry(draw, seq, query, key)


ALONE: dict[str, Kind] = {
    "a matrix product and tanh": _part("bent"),
    "LayerNorm": _part("normed"),
    "a layer that gives one and the same vector": _part("constant"),
    "x, rounded a little differently in longer prompts": lambda draw, seq: {"plain": torch.tensor(1.0)},
}
"""Kinds of layers that treat each position alone."""

MIXED: dict[str, Kind] = {
    "the mean of all positions": lambda draw, seq: {"reads": _alike(draw, seq)},
    "the positions so far": _reading(_so_far, bent=0.0),
    "the directions of the positions so far": _reading(_so_far, bent=0.0, unit=1.0),
    "the positions so far, each less the mean of its numbers": _reading(_so_far, bent=0.0, centred=1.0),
    "the next position's vector": _reading(lambda draw, seq: _some(draw, seq - 1).diag(1)),
    "the vector of the position before": _reading(lambda draw, seq: _some(draw, seq - 1).diag(-1)),
    "numbers normalised over the positions": lambda draw, seq: {
        "bent": torch.tensor(1.0),
        "over_positions": _some(draw, 1)[0],
    },
    "all positions, for all but the first": _reading(_all_but_first),
    "the last position reads the first": _at(-1, 0),
    "the second position reads the last but one": _at(1, -2),
    "the last position but one reads the second": _at(-2, 1),
    "one position reads one other": _reading(_any_two),
}
"""Kinds of layers in which some position reads another."""


def mixing_of(draw: Draw, kind: str, seq: int) -> dict[str, Tensor]:
    """The numbers of a layer of this kind, for `seq` positions and two more, which read nothing."""
    drawn = {**ALONE, **MIXED}[kind](draw, seq)
    reads = torch.zeros(seq + 2, seq + 2)
    reads[:seq, :seq] = drawn.pop("reads", torch.zeros(seq, seq))
    return {"reads": reads, **dict.fromkeys(_PARTS, torch.tensor(0.0)), **drawn}
