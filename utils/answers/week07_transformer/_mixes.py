"""The positions that a model of `is_causal`'s cases reads: random numbers, drawn for each kind of leak."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from utils.checks.engine.cases import Draw

Kind = Callable[[Draw, int], dict[str, Tensor]]
"""Draws a kind of model's changes to `_quiet`, for a prompt of the given length."""


def _quiet(seq: int) -> dict[str, Tensor]:
    """Every position reads nothing, and nothing else happens."""
    none, nothing = torch.zeros(seq, seq), torch.tensor(0.0)
    return {
        "reads": none,
        "gate": none,
        "chosen": none,
        "first": torch.tensor(-1),
        "bent": nothing,
        "normalised": nothing,
        "rounding": nothing,
        "constant": nothing,
    }


def _some(draw: Draw, *shape: int) -> Float[Tensor, "*shape"]:
    """Numbers of either sign whose size is from 0.5 to 1.5."""
    return (0.5 + draw.integers(0, 1001, *shape) / 1000) * (2.0 * draw.booleans(*shape) - 1)


def _so_far(draw: Draw, seq: int) -> Float[Tensor, "query key"]:
    """Every position reads itself and all before it, about 1 in all."""
    return _some(draw, seq, seq).tril() / torch.arange(1, seq + 1)[:, None].sqrt()


def _next(draw: Draw, seq: int, size: float = 1.0) -> Float[Tensor, "query key"]:
    """Every position but the last reads the next one."""
    return size * _some(draw, seq - 1).diag(1)


def _entry(draw: Draw, seq: int, query: int, key: int) -> Float[Tensor, "query key"]:
    """One position reads one other; a negative number counts from the end."""
    single = torch.zeros(seq, seq)
    single[query, key] = _some(draw, 1)[0]
    return single


def _alone(draw: Draw, seq: int) -> Float[Tensor, "query key"]:
    return _some(draw, seq).diag()


def _first_of_all(draw: Draw, seq: int) -> Float[Tensor, "query key"]:
    return _alone(draw, seq) + torch.cat([_some(draw, seq, 1), torch.zeros(seq, seq - 1)], dim=1)


def _with(leak: Callable[[Draw, int], Tensor]) -> Kind:
    """All positions so far, and a leak."""
    return lambda draw, seq: {"reads": _so_far(draw, seq) + leak(draw, seq)}


def _at(query: int, key: int) -> Kind:
    return _with(lambda draw, seq: _entry(draw, seq, query, key))


def _far_ahead(draw: Draw, seq: int) -> Float[Tensor, "query key"]:
    """One position, drawn, reads one that is at least two places further on, drawn."""
    query = draw.choose(range(seq - 2))
    return _entry(draw, seq, query, draw.choose(range(query + 2, seq)))


CAUSAL_KINDS: dict[str, Kind] = {
    "each position by itself": lambda draw, seq: {
        "reads": _some(draw, 1) * torch.eye(seq),
        "bent": torch.tensor(1.0),
    },
    "all positions so far": lambda draw, seq: {"reads": _so_far(draw, seq)},
    "the position before": lambda draw, seq: {"reads": _alone(draw, seq) + _some(draw, seq - 1).diag(-1)},
    "the first position, from everywhere": lambda draw, seq: {"reads": _first_of_all(draw, seq)},
    "logits that are always the same": lambda draw, seq: {"constant": _some(draw, 1)[0]},
    "rounding that depends on the prompt's length": lambda draw, seq: {
        "reads": _so_far(draw, seq),
        "rounding": torch.tensor(1.0),
    },
    "a factor that the position before decides": lambda draw, seq: {
        "reads": _so_far(draw, seq),
        "gate": _some(draw, seq - 1).diag(-1),
    },
    "earlier positions, more of them in one prompt": lambda draw, seq: {
        "reads": _so_far(draw, seq),
        "chosen": _so_far(draw, seq),
    },
}
"""Kinds of models in which no position reads a later one."""

LEAKY_KINDS: dict[str, Kind] = {
    "all positions alike": lambda draw, seq: {"reads": torch.eye(seq) + _some(draw, 1) / seq},
    "all positions": lambda draw, seq: {"reads": _some(draw, seq, seq)},
    "the next position": _with(_next),
    "the next position alike, wherever it stands": lambda draw, seq: {
        "reads": torch.eye(seq) + _some(draw, 1) * torch.ones(seq - 1).diag(1),
    },
    "the next position and nothing else": lambda draw, seq: {"reads": _next(draw, seq)},
    "the next position, a hundredth of it": _with(lambda draw, seq: _next(draw, seq, 0.01)),
    "a factor that the next position decides": lambda draw, seq: {
        "reads": _so_far(draw, seq),
        "gate": _next(draw, seq),
    },
    "the last position, read from the first": _at(0, -1),
    "the last position, read from the one before it": _at(-2, -1),
    "the second position, read from the first": _at(0, 1),
    "the third position, read from the second": _at(1, 2),
    "a later position, read from one position": _with(_far_ahead),
    "the next position, in the first prompt only": lambda draw, seq: {
        "reads": _so_far(draw, seq),
        "chosen": _next(draw, seq),
    },
    "the next position, in the last prompt only": lambda draw, seq: {
        "reads": _so_far(draw, seq),
        "chosen": _next(draw, seq),
    },
    "numbers normalised over the positions": lambda draw, seq: {
        "reads": _alone(draw, seq),
        "normalised": torch.tensor(1.0),
    },
}
"""Kinds of models in which some position reads a later one."""


def mixing_of(
    draw: Draw, kind: str, seq: int, first_tokens: Tensor
) -> tuple[dict[str, Tensor], Float[Tensor, ""]]:
    """Return the numbers of a model of this kind, and the size of its positions' effect on its vectors.

    The size is 0 for some kinds, because a model can be causal or not whether it uses positions or not.
    """
    numbers = _quiet(seq) | {**CAUSAL_KINDS, **LEAKY_KINDS}[kind](draw, seq)
    if "one prompt" in kind or "prompt only" in kind:
        numbers["first"] = first_tokens[-1 if "last prompt" in kind else 0]
    return numbers, torch.tensor(0.0 if kind == "each position by itself" or "alike" in kind else 1.0)
