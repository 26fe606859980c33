"""Ways down a loss surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipywidgets import VBox
    from jaxtyping import Float
    from torch import Tensor

    Walks = Callable[[float, float, int], Mapping[str, Float[Tensor, "place 2"]]]


def descent(
    loss: Callable[[Float[Tensor, "... 2"]], Float[Tensor, ...]],
    walks: Walks,
    *,
    x_range: tuple[float, float] = (-10, 10),
    y_range: tuple[float, float] = (-4, 4),
) -> VBox:
    """Draw optimisers' paths on a loss surface: which way do they take, and how far do they come?

    The surface is drawn as on a map: along each line the loss is the same, and from line to line it grows by
    the same factor. There are sliders for the learning rate, the momentum and the number of steps; moving one
    calls `walks` again.

    Args:
        loss: The loss at points [..., 2]; it must be positive, except at its minimum.
        walks: `walks(lr, momentum, n_steps)` returns each walk's points by its name, the start first.
        x_range, y_range: The region that the map shows.

    Raises:
        ValueError: A walk is not [place, 2], or a range is empty.
    """
    from utils.pictures._descent import explorer

    for name, (low, high) in {"x_range": x_range, "y_range": y_range}.items():
        if not low < high:
            raise ValueError(f"{name} must go from a smaller number to a larger one; it is {low} to {high}.")
    return explorer(loss, walks, x_range, y_range)
