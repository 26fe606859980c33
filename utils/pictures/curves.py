"""Numbers along a line: losses, functions, schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from utils.pictures._colours import GROUPS
from utils.pictures._numbers import as_array
from utils.pictures._picture import Picture

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def curve(
    x: Float[Tensor, " point"],
    y: Float[Tensor, " point"],
    *,
    x_title: str = "",
    y_title: str = "",
    title: str = "",
    log_x: bool = False,
    log_y: bool = False,
) -> Picture:
    """Draw one curve: how does y change with x?

    Raises:
        ValueError: x and y are not two rows of the same length.
    """
    return curves(
        x, {y_title or "y": y}, x_title=x_title, y_title=y_title, title=title, log_x=log_x, log_y=log_y
    )


def curves(
    x: Float[Tensor, " point"],
    ys: Mapping[str, Float[Tensor, " point"]],
    *,
    x_title: str = "",
    y_title: str = "",
    title: str = "",
    log_x: bool = False,
    log_y: bool = False,
) -> Picture:
    """Draw several curves: how do these quantities change with the same x, and where do they part?

    Args:
        x: [point], shared by all curves.
        ys: The name of each curve and its values, [point]; a value that is not finite leaves a gap.
        log_x, log_y: True for a logarithmic axis, on which equal steps mean equal factors.

    Raises:
        ValueError: There is no curve, or one is not as long as x.
    """
    import plotly.graph_objects as go

    from utils.pictures._plotly import axis, drawn, legend

    places = as_array(x, "point", "x")
    if not ys:
        raise ValueError("curves needs at least one curve: {name: values}.")
    rows = {name: as_array(y, "point", name) for name, y in ys.items()}
    for name, row in rows.items():
        if len(row) != len(places):
            raise ValueError(f"The curve {name!r} has {len(row)} points, and x has {len(places)}.")
    lines = [
        go.Scatter(
            x=places.tolist(),
            y=row.tolist(),
            name=name,
            mode="lines",
            line={"width": 2.5, "color": GROUPS[number % len(GROUPS)]},
            hovertemplate=f"{x_title or 'x'} %{{x:.4g}}<br>{name} %{{y:.4g}}<extra></extra>",
        )
        for number, (name, row) in enumerate(rows.items())
    ]
    ends = "; ".join(f"{name} from {row[0]:.3g} to {row[-1]:.3g}" for name, row in rows.items())
    return drawn(
        lines,
        f"Curves{f' “{title}”' if title else ''} over {x_title or 'x'} "
        f"from {places[0]:.3g} to {places[-1]:.3g}: {ends}.",
        title,
        showlegend=len(rows) > 1,
        legend=legend(title),
        xaxis=axis(x_title, type="log" if log_x else "linear"),
        yaxis=axis(y_title, type="log" if log_y else "linear"),
    )
