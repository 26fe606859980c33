"""The common part of all plotly pictures: a style for both themes, and display without a network.

The bundle holds only `application/vnd.plotly.v1+json`. JupyterLab and Notebook 7 draw it with the extension
that comes with the plotly package, so no figure carries plotly.js. The extension also stores a PNG in the
notebook, which exported pages show, and JupyterLab too when the notebook is opened again; running the cell
makes the figure interactive again.
"""

import json
from typing import Any

import plotly.graph_objects as go

from utils.pictures._colours import FAINT, GREY
from utils.pictures._picture import Picture

MIME = "application/vnd.plotly.v1+json"
CLEAR = "rgba(0, 0, 0, 0)"
CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}


def drawn(data: list[Any], in_words: str, title: str = "", height: int = 360, **layout: Any) -> Picture:
    """Return a figure of `data` in the course's style.

    Args:
        data: plotly's traces.
        in_words: A description of the figure, in a sentence.
        height: In pixels; the width is the page's.
        layout: Further properties of plotly's layout.
    """
    figure = go.Figure(data)
    figure.update_layout(
        template="none",
        title={"text": title, "font": {"size": 15}, "x": 0, "xref": "paper"},
        font={"color": GREY, "size": 13},
        hoverlabel={"font": {"size": 13}},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        height=height,
        margin={"l": 60, "r": 20, "t": 50 if title else 20, "b": 50},
    )
    figure.update_layout(**layout)
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    content = {**json.loads(figure.to_json()), "config": CONFIG}
    return Picture(in_words, {MIME: content}, figure)


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """Return one axis of a two-dimensional picture: faint lines and a title."""
    return {
        "title": {"text": title, "font": {"size": 14}, "standoff": 12},
        "gridcolor": FAINT,
        "zerolinecolor": FAINT,
        "linecolor": FAINT,
        "ticks": "",
        "exponentformat": "power",  # 10⁻⁹ where plotly would write 1n
        **more,
    }


def legend(title: str) -> dict[str, Any]:
    """Return the place of the legend: above the curves in one row, or beside them where a title is above."""
    if title:
        return {"orientation": "v", "y": 1, "yanchor": "top", "x": 1.02, "xanchor": "left"}
    return {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"}


def label_axis(labels: list[str], title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with a label for each integer; labels may repeat, and of many only some are shown."""
    step = 1 + (len(labels) - 1) // 48
    places = list(range(0, len(labels), step))
    return axis(
        title,
        tickmode="array",
        tickvals=places,
        ticktext=[labels[place] for place in places],
        showgrid=False,
        zeroline=False,
        **more,
    )
