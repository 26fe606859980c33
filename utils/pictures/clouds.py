"""Many points in space, step by step: what a function does to all vectors at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from utils.pictures._colours import FAINT, GREY, GROUPS
from utils.pictures._numbers import as_array, check_length
from utils.pictures._picture import Picture

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray
    from torch import Tensor


def cloud_steps(
    steps: Mapping[str, Float[Tensor, "point 3"]], groups: Sequence[str], *, title: str = ""
) -> Picture:
    """Show points at each step of a computation: where do they go, and which groups can still be told apart?

    A slider below the picture chooses the step; it needs no kernel. Drag to turn, scroll to zoom,
    click a group in the legend to hide it. All steps have the same axes.

    Args:
        steps: The name of each step and the points after it, [point, 3]; the first step is shown first.
        groups: The group of every point, one colour each.

    Raises:
        ValueError: There is no step, a step is not [point, 3], or the points or groups are not as many.
    """
    from utils.pictures._plotly import drawn

    if not steps:
        raise ValueError("cloud_steps needs at least one step: {name: points}.")
    clouds = {name: _points(name, points, len(groups)) for name, points in steps.items()}
    kinds = list(dict.fromkeys(map(str, groups)))
    traces = [
        _group(cloud, [str(group) == kind for group in groups], kind, GROUPS[number % len(GROUPS)], first)
        for cloud, first in zip(clouds.values(), [True] + [False] * (len(clouds) - 1), strict=True)
        for number, kind in enumerate(kinds)
    ]
    return drawn(
        traces,
        f"{len(groups)} points in {len(kinds)} groups ({', '.join(kinds)}), "
        f"in {len(clouds)} steps: {'; '.join(_in_words(*step) for step in clouds.items())}.",
        title,
        height=580,
        margin={"l": 0, "r": 0, "t": 50 if title else 10, "b": 10},
        showlegend=True,
        legend={"itemsizing": "constant", "y": 0.98},
        scene={**_axes(clouds), "aspectmode": "cube", "camera": {"eye": {"x": 1.95, "y": -0.4, "z": 0.9}}},
        sliders=[_slider(list(clouds), len(kinds))],
    )


def _points(name: str, points: Any, count: int) -> Float[ndarray, "point 3"]:
    array = as_array(points, "point 3", f"the step {name!r}")
    if array.shape[1] != 3:
        raise ValueError(f"The step {name!r} must be [point, 3]; its shape is {array.shape}.")
    check_length("groups", count, "point", len(array), array.shape)
    return array


def _group(
    cloud: Float[ndarray, "point 3"], members: list[bool], kind: str, colour: str, visible: bool
) -> Any:
    import plotly.graph_objects as go

    x, y, z = cloud[members].round(3).T.tolist()
    return go.Scatter3d(
        x=x,
        y=y,
        z=z,
        name=kind,
        legendgroup=kind,
        visible=visible,
        mode="markers",
        marker={"size": 3.5, "color": colour, "opacity": 0.85},
        hovertemplate=f"{kind}<br>(%{{x:.3g}}, %{{y:.3g}}, %{{z:.3g}})<extra></extra>",
    )


def _slider(names: list[str], kinds: int) -> dict[str, Any]:
    """Return plotly's slider: each step shows its own points, hides all others and keeps the camera."""
    return {
        "active": 0,
        "pad": {"t": 10, "b": 40},
        "len": 0.9,
        "x": 0.05,
        "currentvalue": {"prefix": "step: ", "font": {"size": 15}},
        "steps": [
            {
                "label": name,
                "method": "restyle",
                "args": [{"visible": [other == name for other in names for _ in range(kinds)]}],
            }
            for name in names
        ],
    }


def _axes(clouds: Mapping[str, Float[ndarray, "point 3"]]) -> dict[str, dict[str, Any]]:
    """Return three axes of one scale around the origin, wide enough for every step."""
    reach = 1.05 * max(float(abs(cloud).max()) for cloud in clouds.values()) or 1.0
    look = {"color": GREY, "gridcolor": FAINT, "zerolinecolor": GREY, "showbackground": False}
    return {
        f"{letter}axis": {**look, "title": {"text": f"number {place}"}, "range": [-reach, reach]}
        for place, letter in enumerate("xyz")
    }


def _in_words(name: str, cloud: Float[ndarray, "point 3"]) -> str:
    lengths = (cloud**2).sum(axis=1) ** 0.5
    return f"{name}, lengths {lengths.min():.2g} to {lengths.max():.2g}"
