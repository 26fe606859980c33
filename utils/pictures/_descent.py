"""The widget of `descent`: a contour map of the loss as SVG, with the walks on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import ipywidgets
import numpy as np

from utils.pictures._colours import FAINT, GREY, GROUPS
from utils.pictures._numbers import as_array
from utils.pictures._touch import Movable

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

Range = tuple[float, float]
WIDTH = 640
COLUMNS, ROWS = 61, 31
"""The grid on which the loss is computed."""
LEVELS = 8
FAR = 1e6
"""A walk is drawn only up to this coordinate; it has long left the map."""


def explorer(loss: Callable, walks: Callable, x_range: Range, y_range: Range) -> Movable:
    """Return three sliders, the map with the walks, and the loss at the end of each walk."""
    sheet = _Map(x_range, y_range)
    lines = sheet.contours(loss)

    def draw(lr: float, momentum: float, n_steps: int) -> str:
        found = {
            name: as_array(places, "place 2", name) for name, places in walks(lr, momentum, n_steps).items()
        }
        paths = "".join(sheet.walk(places, GROUPS[at]) for at, places in enumerate(found.values()))
        return sheet.svg(lines + paths) + sheet.ends(found, loss)

    return Movable(_sliders(), draw)


def _sliders() -> list[ipywidgets.Widget]:
    common = {
        "continuous_update": True,
        "style": {"description_width": "100px"},
        "layout": {"width": "460px"},
    }
    return [
        ipywidgets.FloatLogSlider(
            value=0.1, min=-3, max=0.6, step=0.05, description="learning rate", readout_format=".3g", **common
        ),
        ipywidgets.FloatSlider(value=0.9, min=0, max=0.99, step=0.01, description="momentum", **common),
        ipywidgets.IntSlider(value=30, min=1, max=100, description="steps", **common),
    ]


@dataclass(frozen=True)
class _Map:
    x_range: Range
    y_range: Range

    @property
    def height(self) -> float:
        """In pixels, such that x and y have the same scale."""
        (left, right), (low, high) = self.x_range, self.y_range
        return WIDTH * (high - low) / (right - left)

    def on_paper(self, places: Float[ndarray, "... 2"]) -> Float[ndarray, "... 2"]:
        """Return the points in pixels from the upper left corner."""
        (left, right), (low, high) = self.x_range, self.y_range
        x = (places[..., 0] - left) / (right - left) * WIDTH
        y = (high - places[..., 1]) / (high - low) * self.height
        return np.stack([x, y], axis=-1)

    def contours(self, loss: Callable) -> str:
        """Return lines of equal loss as SVG."""
        import torch

        x, y = np.linspace(*self.x_range, COLUMNS), np.linspace(*self.y_range, ROWS)
        places = np.stack(np.meshgrid(x, y), axis=-1)  # [row, column, 2]
        heights = as_array(loss(torch.tensor(places)), "row column", "the loss")
        top = np.log(heights.max())
        drawn = []
        for level in np.exp(np.linspace(top - 6, top, LEVELS, endpoint=False)):
            ends = self.on_paper(_line_of(places, heights - level))
            pieces = "".join(f"M{a:.0f} {b:.0f}L{c:.0f} {d:.0f}" for a, b, c, d in ends.reshape(-1, 4))
            drawn.append(f'<path d="{pieces}" stroke="{FAINT}" fill="none"/>')
        return "".join(drawn)

    def walk(self, places: Float[ndarray, "place 2"], colour: str) -> str:
        """Return a line through the points with a dot at each, up to the first that is not on any map."""
        usable = np.isfinite(places).all(axis=1) & (np.abs(places) < FAR).all(axis=1)
        last = len(places) if usable.all() else int(np.argmin(usable))
        paper = self.on_paper(places[:last])
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in paper)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in paper)
        return (
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
            f'<g fill="{colour}">{dots}</g>'
        )

    def ends(self, walks: Mapping[str, Float[ndarray, "place 2"]], loss: Callable) -> str:
        """Return HTML with a line for each walk: its colour, name, and loss at the start and at the end."""
        import torch

        rows = []
        for at, (name, places) in enumerate(walks.items()):
            first, last = (float(loss(torch.tensor(places[place]))) for place in (0, -1))
            gone = not np.abs(places[-1]).max() < 10 * np.abs([*self.x_range, *self.y_range]).max()
            outcome = (
                "has left the map for good"
                if gone
                else f"loss {first:.3g} at the start, {last:.2g} at the end"
            )
            rows.append(f'<div><b style="color:{GROUPS[at]}">● {escape(name)}</b> {outcome}</div>')
        return f'<div style="margin-top:6px; line-height:1.5; color:{GREY}">{"".join(rows)}</div>'

    def svg(self, content: str) -> str:
        """Return the SVG element, which clips its content to the map."""
        return (
            f'<svg viewBox="0 0 {WIDTH} {self.height:.0f}" width="{WIDTH}" style="max-width:100%;'
            f' border:1px solid {FAINT}; border-radius:4px; overflow:hidden">{content}</svg>'
        )


def _line_of(
    places: Float[ndarray, "row column 2"], heights: Float[ndarray, "row column"]
) -> Float[ndarray, "piece 2 2"]:
    """Return the contour `heights` = 0 as line segments, by marching triangles.

    Each square of the grid is cut into two triangles; in a triangle with both signs a segment joins the two
    edges that the contour crosses.
    """
    corners = np.concatenate([places, heights[..., None]], axis=-1)
    a, b, c, d = corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1], corners[1:, 1:]
    triangles = np.concatenate([np.stack(each, axis=2).reshape(-1, 3, 3) for each in ([a, b, c], [d, c, b])])
    above = triangles[..., 2] > 0
    crossed = triangles[above.any(axis=1) & ~above.all(axis=1)]
    # Rotate each triangle so that the corner with the odd sign comes first: both crossed edges meet there.
    above = crossed[..., 2] > 0
    alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), above.argmin(axis=1))
    turned = np.take_along_axis(crossed, ((alone[:, None] + np.arange(3)) % 3)[..., None], axis=1)
    one, others = turned[:, :1], turned[:, 1:]
    share = one[..., 2:] / (one[..., 2:] - others[..., 2:])
    return one[..., :2] + share * (others[..., :2] - one[..., :2])
