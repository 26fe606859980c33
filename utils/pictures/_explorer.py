"""The widget behind `attention_explorer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from utils.pictures._looks import looks
from utils.pictures._numbers import visible
from utils.pictures._touch import Movable, choice

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray


def explorer(tokens: list[str], patterns: Float[ndarray, "layers heads query key"]) -> Movable:
    """Sliders for layer, head and query over checked patterns; it starts at the query that sees most."""
    layers, heads, queries, _ = patterns.shape
    sliders = {
        "layer": choice("layer", _numbered(layers), 0),
        "head": choice("head", _numbered(heads), 0),
        "query": choice("query", _named(tokens), queries - 1),
    }
    moving = [slider for slider in sliders.values() if len(slider.options) > 1]

    def draw(*_: int) -> str:
        layer, head, query = (slider.value for slider in sliders.values())
        return looks(tokens, patterns[layer, head, query].tolist(), query)

    return Movable(moving, draw)


def _numbered(count: int) -> list[tuple[str, int]]:
    return [(str(number), number) for number in range(count)]


def _named(tokens: list[str]) -> list[tuple[str, int]]:
    return [(f"{place} {visible(token)}", place) for place, token in enumerate(tokens)]
