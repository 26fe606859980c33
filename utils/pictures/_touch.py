"""Interactive widgets that still show their last state where there is no kernel."""

from collections.abc import Callable

import ipywidgets


class Movable(ipywidgets.VBox):
    """Controls above a piece of HTML that is redrawn whenever one of them changes.

    JupyterLab's extension for ipywidgets is installed locally, so the page loads nothing from the network. A
    saved notebook keeps the last HTML beside the widget, and an exported page shows that.
    """

    def __init__(self, controls: list[ipywidgets.Widget], draw: Callable[..., str]) -> None:
        self._draw = draw
        self._moving = controls
        self._shown = ipywidgets.HTML(layout={"overflow": "visible"})
        super().__init__([*controls, self._shown], layout={"overflow": "visible", "padding": "4px 0"})
        for control in controls:
            control.observe(self._redraw, "value")
        self._redraw()

    def _redraw(self, change: object = None) -> None:
        self._shown.value = self._draw(*(control.value for control in self._moving))

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, object]:
        """Return the widget, and its current HTML for a page without widgets; Jupyter calls this."""
        return {**super()._repr_mimebundle_(**kwargs), "text/html": self._shown.value}


def choice(
    description: str, options: list[tuple[str, int]], value: int, label_width: str = "60px"
) -> ipywidgets.SelectionSlider:
    """Return a slider over named options, which redraws the picture while it is dragged.

    Args:
        label_width: CSS width of the description, the same as that of the controls above and below.
    """
    return ipywidgets.SelectionSlider(
        description=description,
        options=options,
        value=value,
        continuous_update=True,
        style={"description_width": label_width},
        layout={"width": "420px"},
    )
