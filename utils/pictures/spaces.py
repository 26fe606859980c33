"""Vectors as points in space, rotated with the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from utils.pictures._colours import FAINT, GREY, GROUPS
from utils.pictures._numbers import as_array, as_labels, check_length
from utils.pictures._picture import Picture

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray
    from torch import Tensor


def vectors_3d(
    points: Float[Tensor, "point 3"],
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    *,
    axis_titles: tuple[str, str, str] = ("x", "y", "z"),
    title: str = "",
    arrows: bool = False,
) -> Picture:
    """Draw vectors in space: which of them point the same way, and which are far apart?

    Drag to turn, scroll to zoom, click a group in the legend to hide it.

    Args:
        points: [point, 3].
        labels: A name for every point.
        groups: The group of every point, one colour each; one group if left out.
        arrows: True to draw a line from the origin to every point.

    Raises:
        ValueError: The points are not [point, 3], or the labels or groups are not as many.
    """
    from utils.pictures._plotly import drawn

    array = as_array(points, "point 3", "points")
    if array.shape[1] != 3:
        raise ValueError(f"points must be [point, 3]; their shape is {array.shape}.")
    check_length("labels", len(labels), "point", len(array), array.shape)
    groups = ["points"] * len(array) if groups is None else [str(group) for group in groups]
    check_length("groups", len(groups), "point", len(array), array.shape)
    names = as_labels(labels, "labels")
    kinds = list(dict.fromkeys(groups))
    traces = []
    for number, kind in enumerate(kinds):
        members = [place for place, group in enumerate(groups) if group == kind]
        colour = GROUPS[number % len(GROUPS)]
        traces.append(_points(array[members], [names[place] for place in members], kind, colour))
        if arrows:
            traces.append(_arrows(array[members], kind, colour))
    listed = "; ".join(_group_in_words(kind, groups, names) for kind in kinds)
    return drawn(
        traces,
        f"{len(array)} vectors in space: {listed}.",
        title,
        height=520,
        margin={"l": 0, "r": 0, "t": 50 if title else 10, "b": 0},
        showlegend=len(kinds) > 1,
        legend={"itemsizing": "constant", "y": 0.98},
        scene={
            **_axes(array, axis_titles, from_origin=arrows),
            "aspectmode": "cube",
            "camera": {"eye": {"x": 1.35, "y": 1.35, "z": 0.8}},
        },
    )


def _points(array: Float[ndarray, "point 3"], names: list[str], group: str, colour: str) -> Any:
    import plotly.graph_objects as go

    x, y, z = array.T.tolist()
    return go.Scatter3d(
        x=x,
        y=y,
        z=z,
        text=names,
        name=group,
        legendgroup=group,
        mode="markers+text",
        marker={"size": 6, "color": colour},
        textfont={"color": colour, "size": 13},
        textposition="top center",
        hovertemplate="%{text}<br>(%{x:.3g}, %{y:.3g}, %{z:.3g})<extra></extra>",
    )


def _arrows(array: Float[ndarray, "point 3"], group: str, colour: str) -> Any:
    """Return all arrows as one line with gaps: origin, point, gap, origin, and so on."""
    import plotly.graph_objects as go

    x, y, z = ([value for end in column for value in (0.0, end, None)] for column in array.T.tolist())
    return go.Scatter3d(
        x=x,
        y=y,
        z=z,
        legendgroup=group,
        showlegend=False,
        mode="lines",
        line={"color": colour, "width": 3},
        hoverinfo="skip",
    )


def _axes(
    array: Float[ndarray, "point 3"], titles: tuple[str, str, str], from_origin: bool
) -> dict[str, dict[str, Any]]:
    """Return three axes of one scale, so that angles in the picture are true."""
    import numpy as np

    seen = np.vstack([array, np.zeros(3)]) if from_origin else array
    middle = (seen.max(axis=0) + seen.min(axis=0)) / 2
    reach = 1.1 * float((seen.max(axis=0) - seen.min(axis=0)).max()) / 2 or 1.0
    look = {"color": GREY, "gridcolor": FAINT, "zerolinecolor": GREY, "showbackground": False}
    return {
        f"{letter}axis": {**look, "title": {"text": title}, "range": [centre - reach, centre + reach]}
        for letter, title, centre in zip("xyz", titles, middle.tolist(), strict=True)
    }


def _group_in_words(kind: str, groups: list[str], names: list[str]) -> str:
    members = [name for name, group in zip(names, groups, strict=True) if group == kind]
    more = f" and {len(members) - 8} more" if len(members) > 8 else ""
    return f"{kind} ({', '.join(members[:8])}{more})"
