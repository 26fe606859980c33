"""One number for each of several things, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from utils.pictures._colours import BLUE, shade
from utils.pictures._numbers import as_array
from utils.pictures._picture import Picture

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

BAR_PIXELS = 26


def bars(
    values: Mapping[str, float | Float[Tensor, ""]], *, title: str = "", value_title: str = ""
) -> Picture:
    """Draw a bar for each number: which of these have more, and which less?

    The bars keep the order in which they are given.

    Args:
        values: A name and a number for each bar.
        value_title: The title of the axis: what the numbers are.

    Raises:
        ValueError: There are no values, or they are not numbers.
    """
    import plotly.graph_objects as go

    from utils.pictures._plotly import axis, drawn

    if not values:
        raise ValueError("bars needs at least one value: {name: number}.")
    names, lengths = list(values), as_array(list(values.values()), "bar", "values").tolist()
    trace = go.Bar(
        x=lengths,
        y=names,
        orientation="h",
        marker={"color": shade(BLUE, 0.85)},
        text=[_short(length) for length in lengths],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4g}<extra></extra>",
    )
    low, high = min(0.0, *lengths), max(0.0, *lengths)
    margin = 0.1 * ((high - low) or 1)  # for the numbers at the bars' ends, which would cover the names
    listed = ", ".join(f"{name} {_short(length)}" for name, length in zip(names, lengths, strict=True))
    return drawn(
        [trace],
        f"Bars{f' “{title}”' if title else ''}: {listed}.",
        title,
        height=BAR_PIXELS * len(names) + 110,
        xaxis=axis(value_title, range=[low - margin * (low < 0), high + margin], tickformat=","),
        yaxis=axis(showgrid=False, autorange="reversed"),
        bargap=0.25,
        showlegend=False,
    )


def _short(number: float) -> str:
    """Return three significant digits, or all before the point if those are more: 0.0553, 75.5, 34,210."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"
