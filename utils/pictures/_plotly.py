"""What all plotly pictures share: a look that suits both themes, and a way to the page without a network.

The bundle holds only `application/vnd.plotly.v1+json`. JupyterLab and Notebook 7 draw it with the extension
that comes with the plotly package, so no figure carries plotly.js. When it has drawn, that extension also
keeps a PNG in the notebook, which is what an exported page shows, and JupyterLab itself when the notebook
is opened again; run the cell, and the figure can be moved as before.
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
    """A figure of `data` in the course's look.

    Args:
        data: plotly's traces.
        in_words: What it shows, in a sentence.
        height: In pixels; the width is the page's.
        layout: More of plotly's layout.
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
    """One axis of a flat picture: faint lines, a title."""
    return {
        "title": {"text": title, "font": {"size": 14}, "standoff": 12},
        "gridcolor": FAINT,
        "zerolinecolor": FAINT,
        "linecolor": FAINT,
        "ticks": "",
        "exponentformat": "power",  # 10⁻⁹ where plotly would write 1n
        **more,
    }


def label_axis(labels: list[str], title: str, **more: Any) -> dict[str, Any]:
    """An axis with a label for each whole number; equal labels stay apart, and a long row is thinned out."""
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
