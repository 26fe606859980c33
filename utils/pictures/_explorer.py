"""The widget of `attention_explorer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from utils.pictures._looks import looks
from utils.pictures._numbers import visible
from utils.pictures._touch import Movable, choice

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray


def explorer(
    tokens: list[str], patterns: Float[ndarray, "n_layers n_heads query key"], starts: list[int]
) -> Movable:
    """Return sliders for layer, head and query over checked patterns; an axis of length 1 has none."""
    layers, heads, _, _ = patterns.shape
    options = {"layer": _numbered(layers), "head": _numbered(heads), "query": _named(tokens)}
    sliders = [
        choice(name, named, start) for (name, named), start in zip(options.items(), starts, strict=True)
    ]
    moving = [slider for slider in sliders if len(slider.options) > 1]

    def draw(*_: int) -> str:
        layer, head, query = (slider.value for slider in sliders)
        return looks(tokens, patterns[layer, head, query].tolist(), query)

    return Movable(moving, draw)


def _numbered(count: int) -> list[tuple[str, int]]:
    return [(str(number), number) for number in range(count)]


def _named(tokens: list[str]) -> list[tuple[str, int]]:
    return [(f"{place} {visible(token)}", place) for place, token in enumerate(tokens)]
