"""Steps from point to point in space: vector arithmetic made visible."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from utils.pictures._colours import GREY
from utils.pictures._numbers import as_array
from utils.pictures._picture import Picture
from utils.pictures.spaces import vectors_3d

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray
    from torch import Tensor

HEAD = 0.06
"""An arrow head's length, as a share of the space's width."""


def steps_3d(
    points: Float[Tensor, "point 3"],
    labels: Sequence[str],
    steps: Sequence[tuple[str, str]],
    groups: Sequence[str] | None = None,
    *,
    axis_titles: tuple[str, str, str] = ("x", "y", "z"),
    title: str = "",
) -> Picture:
    """Draw arrows between points in space: do these steps go the same way, and equally far?

    Drag to turn, scroll to zoom, click a group in the legend to hide it.

    Args:
        points: [point, 3].
        labels: A name for every point.
        steps: Pairs of labels; an arrow runs from the first to the second.
        groups: The group of every point, one colour each; one group if left out.

    Raises:
        ValueError: The points are not [point, 3], the labels or groups are not as many, or a step names a
            point that is not there.
    """
    from utils.pictures._plotly import drawn

    space = vectors_3d(points, labels, groups, axis_titles=axis_titles, title=title)
    array = as_array(points, "point 3", "points")
    ends = [(array[_place(start, labels)], array[_place(end, labels)]) for start, end in steps]
    figure = space.figure
    lowest, highest = figure.layout.scene.xaxis.range
    arrows = chain.from_iterable(_arrow(*pair, head=HEAD * (highest - lowest)) for pair in ends)
    listed = "; ".join(f"{start} to {end}" for start, end in steps)
    return drawn(
        [*figure.data, *arrows],
        f"{space.in_words} Steps: {listed or 'none'}.",
        title,
        height=figure.layout.height,
        margin=figure.layout.margin,
        showlegend=figure.layout.showlegend,
        legend=figure.layout.legend,
        scene=figure.layout.scene,
    )


def _place(label: str, labels: Sequence[str]) -> int:
    if label not in labels:
        raise ValueError(f"A step names {label!r}, and the points are {', '.join(labels)}.")
    return list(labels).index(label)


def _arrow(start: Float[ndarray, " 3"], end: Float[ndarray, " 3"], head: float) -> list[Any]:
    """Return a line and an arrowhead; nothing if both points are the same, as that step has no direction."""
    import numpy as np
    import plotly.graph_objects as go

    length = float(np.linalg.norm(end - start))
    if not length:
        return []
    way = (end - start) / length * min(head, length / 2)
    neck = end - way
    (x, u, a), (y, v, b), (z, w, c) = zip(end.tolist(), way.tolist(), neck.tolist(), strict=True)
    shaft = go.Scatter3d(
        x=[float(start[0]), a],
        y=[float(start[1]), b],
        z=[float(start[2]), c],
        mode="lines",
        line={"color": GREY, "width": 5},
        hoverinfo="skip",
        showlegend=False,
    )
    cone = go.Cone(
        x=[x],
        y=[y],
        z=[z],
        u=[u],
        v=[v],
        w=[w],
        anchor="tip",
        sizemode="raw",
        sizeref=1,
        colorscale=[[0, GREY], [1, GREY]],
        showscale=False,
        hoverinfo="skip",
    )
    return [shaft, cone]
