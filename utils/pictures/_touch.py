"""Widgets that can be moved by hand, and still show something where no kernel answers."""

from collections.abc import Callable

import ipywidgets


class Movable(ipywidgets.VBox):
    """Controls above a piece of HTML that is drawn anew whenever one of them moves.

    JupyterLab has the extension for ipywidgets on its own disk, so the page loads nothing. A saved notebook
    keeps the HTML of the last run beside the widget: an exported page, which cannot move, shows that.
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
        """Jupyter's hook: the widget, and its present state for a page without widgets."""
        return {**super()._repr_mimebundle_(**kwargs), "text/html": self._shown.value}


def choice(
    description: str, options: list[tuple[str, int]], value: int, label_width: str = "60px"
) -> ipywidgets.SelectionSlider:
    """A slider over named places; it moves the picture while the mouse drags.

    Args:
        label_width: Room for the description, the same as that of the controls above and below it.
    """
    return ipywidgets.SelectionSlider(
        description=description,
        options=options,
        value=value,
        continuous_update=True,
        style={"description_width": label_width},
        layout={"width": "420px"},
    )
