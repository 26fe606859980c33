"""A table of numbers as a table of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from utils.pictures._colours import BLUE, ORANGE, shade
from utils.pictures._numbers import as_array, as_labels, check_length
from utils.pictures._picture import Picture

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray
    from torch import Tensor

CELL_PIXELS = 30
LARGEST_PIXELS = 560
"""Limit on the width and height of all cells together, so the figure fits beside JupyterLab's file list."""


def heatmap(
    values: Float[Tensor, "row column"],
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    row_title: str = "",
    column_title: str = "",
    title: str = "",
    hover: str = "{row}, {column}: {value}",
    largest: float | None = None,
) -> Picture:
    """Draw a table as colours: where are the large numbers, and where the small ones?

    Blue is positive, orange is negative, and 0 is transparent. A cell that is not a finite number (a masked
    score of -inf, say) stays empty, and the mouse shows its value.

    Args:
        values: [row, column], a tensor, an array or nested lists.
        rows: A label for every row, numbers if left out.
        columns: A label for every column, numbers if left out.
        hover: The text that the mouse shows over a cell; {row}, {column} and {value} are filled in.
        largest: The number with the strongest colour; give the same one to tables that are to be compared, as
            1 for shares. By default it is the largest of this table.

    Raises:
        ValueError: The shape is not [row, column], or the labels are not as many.
    """
    array = as_array(values, "row column", "values")
    row_labels = _labels(rows, 0, "rows", array.shape)
    column_labels = _labels(columns, 1, "columns", array.shape)
    words = _in_words(array, title)
    return draw_heatmap(
        array, row_labels, column_labels, row_title, column_title, title, hover, words, largest
    )


def draw_heatmap(
    array: Float[ndarray, "row column"],
    rows: list[str],
    columns: list[str],
    row_title: str,
    column_title: str,
    title: str,
    hover: str,
    in_words: str,
    largest: float | None = None,
) -> Picture:
    """Return the figure for validated numbers and labels: row 0 at the top, every cell a square."""
    import plotly.graph_objects as go

    from utils.pictures._plotly import drawn, label_axis

    trace = go.Heatmap(
        z=_finite(array),
        text=_texts(array, rows, columns, hover),
        hovertemplate="%{text}<extra></extra>",
        xgap=1,
        ygap=1,
        colorbar={"thickness": 12, "outlinewidth": 0, "len": 0.9, "x": 1.02},
        **_colour_scale(array, largest),
    )
    cell = min(CELL_PIXELS, LARGEST_PIXELS / max(array.shape))
    return drawn(
        [trace],
        in_words,
        title,
        height=max(round(cell * len(rows)), 150) + 130,
        width=max(round(cell * len(columns)), 150) + 220,
        xaxis=label_axis(columns, column_title, tickangle=-45, constrain="domain", constraintoward="left"),
        yaxis=label_axis(
            rows, row_title, autorange="reversed", scaleanchor="x", scaleratio=1, constrain="domain"
        ),
    )


def _labels(labels: Sequence[str] | None, axis: int, name: str, shape: tuple[int, ...]) -> list[str]:
    if labels is None:
        return [str(place) for place in range(shape[axis])]
    check_length(f"labels for {name}", len(labels), name.removesuffix("s"), shape[axis], shape)
    return as_labels(labels, name)


def _finite(array: Float[ndarray, "row column"]) -> list[list[float | None]]:
    import numpy as np

    return [[float(value) if np.isfinite(value) else None for value in row] for row in array]


def _texts(
    array: Float[ndarray, "row column"], rows: list[str], columns: list[str], hover: str
) -> list[list[str]]:
    return [
        [
            hover.format(row=row, column=column, value=f"{value:.3g}")
            for column, value in zip(columns, line, strict=True)
        ]
        for row, line in zip(rows, array, strict=True)
    ]


def _colour_scale(array: Float[ndarray, "row column"], largest: float | None) -> dict[str, Any]:
    """Return a scale from transparent to blue or, if a number is negative, from orange to blue."""
    import numpy as np

    finite = array[np.isfinite(array)]
    largest = largest or (float(np.abs(finite).max()) if finite.size else 0.0) or 1.0
    if (finite >= 0).all():
        scale = [[0, shade(BLUE, 0.04)], [1, shade(BLUE, 1)]]
        return {"zmin": 0, "zmax": largest, "colorscale": scale}
    scale = [[0, shade(ORANGE, 1)], [0.5, shade(ORANGE, 0.04)], [0.5, shade(BLUE, 0.04)], [1, shade(BLUE, 1)]]
    return {"zmin": -largest, "zmax": largest, "colorscale": scale}


def _in_words(array: Float[ndarray, "row column"], title: str) -> str:
    import numpy as np

    finite = array[np.isfinite(array)]
    reach = f", from {finite.min():.3g} to {finite.max():.3g}" if finite.size else ", none of them finite"
    rows, columns = array.shape
    return f"Heatmap{f' “{title}”' if title else ''}: {rows} rows by {columns} columns{reach}."
