"""The widget of `neuron_explorer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from utils.pictures._colours import backgrounds
from utils.pictures._html import token_strip
from utils.pictures._touch import Movable

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray


def explorer(tokens: list[str], activations: Float[ndarray, "token neuron"], start: int) -> Movable:
    """Return a slider over the neurons, and the text shaded by the chosen one."""
    slider = ipywidgets.IntSlider(
        value=start,
        max=activations.shape[1] - 1,
        description="neuron",
        continuous_update=True,
        style={"description_width": "60px"},
        layout={"width": "420px"},
    )
    return Movable([slider], lambda neuron: _shaded(tokens, activations[:, neuron].tolist()))


def _shaded(tokens: list[str], fires: list[float]) -> str:
    notes = [f"{token!r} {value:.3f}" for token, value in zip(tokens, fires, strict=True)]
    strongest = max(range(len(fires)), key=fires.__getitem__)
    range_ = f"from {min(fires):z.2f} to {max(fires):z.2f}; it fires most at place {strongest}"
    line = f'<div style="margin:4px 0">{range_}</div>'
    return line + token_strip(tokens, backgrounds(fires), notes, strongest)
