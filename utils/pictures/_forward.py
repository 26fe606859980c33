"""The content of `ForwardTable`: its rows, and the widget that steps through them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import ipywidgets

from utils.pictures._colours import BLUE, FAINT, GREY, shade
from utils.pictures._touch import Movable

MILLISECONDS_A_ROW = 400
_MONO = "font-family:monospace; white-space:pre"


@dataclass(frozen=True)
class ForwardResult:
    """A module that has run."""

    name: str
    shape: tuple[int, ...]
    parameters: int


class Filling:
    """The rows of the table: the modules, and those that have run."""

    def __init__(self, axes: Mapping[str, str]) -> None:
        self.axes = dict(axes)
        self.ran: list[ForwardResult] = []
        self._widget: _Player | None = None

    def begin(self) -> None:
        """Empty the table."""
        self.ran = []
        if self._widget is not None:
            self._widget.follow()

    def note(self, name: str, shape: tuple[int, ...], parameters: int) -> None:
        """Add a row for a module that has run."""
        self.ran.append(ForwardResult(name, shape, parameters))
        if self._widget is not None:
            self._widget.follow()

    def widget(self) -> _Player:
        """Return the table's widget, always the same one."""
        if self._widget is None:
            self._widget = _Player(self)
        return self._widget

    def in_words(self) -> str:
        """Return the table in plain text."""
        wide = max(map(len, self.axes))
        lines = [f"{row.name:{wide}}  {self.axes[row.name]} = {row.shape}" for row in self.ran]
        lines += [f"{name:{wide}}  {axes}" for name, axes in self.waiting(len(self.ran)).items()]
        return "\n".join(lines)

    def waiting(self, steps: int) -> dict[str, str]:
        """Return the rows, with their axes, whose modules have not run after `steps` steps."""
        done = {row.name for row in self.ran[:steps]}
        return {name: axes for name, axes in self.axes.items() if name not in done}

    def html(self, steps: int) -> str:
        """Return the table as HTML after `steps` steps; the most frequent shape is grey, any other bold."""
        usual = Counter(row.shape for row in self.ran).most_common(1)
        rows = [
            _row(number + 1, row, self.axes[row.name], row.shape == usual[0][0], number == steps - 1)
            for number, row in enumerate(self.ran[:steps])
        ]
        rows += [
            _cells("", escape(name), escape(axes), "…", "") for name, axes in self.waiting(steps).items()
        ]
        head = _cells("", "module", "axes of what it gives", "shape", "parameters", f"color:{GREY}")
        columns = "grid-template-columns:repeat(5, max-content)"
        return (
            f'<div class="course-forward" style="display:grid; {columns}; gap:1px 0; line-height:1.45;'
            ' overflow-x:auto">'
            f"{head}{''.join(rows)}</div>"
        )


def _row(number: int, row: ForwardResult, axes: str, usual: bool, latest: bool) -> str:
    shape = f'<span style="color:{GREY}">{row.shape}</span>' if usual else f"<b>{row.shape}</b>"
    style = f"background:{shade(BLUE, 0.22 if latest else 0.07)}"
    return _cells(
        str(number),
        f'<span class="course-ran">{escape(row.name)}</span>',
        escape(axes),
        shape,
        f"{row.parameters:,}",
        style,
    )


def _cells(number: str, name: str, axes: str, shape: str, parameters: str, style: str = "") -> str:
    right = f"text-align:right; {_MONO}"
    looks = (f"{right}; color:{GREY}", _MONO, _MONO, _MONO, right)
    return "".join(
        f'<div style="padding:0 9px; border-bottom:1px solid {FAINT}; {look}; {style}">{text}</div>'
        for text, look in zip((number, name, axes, shape, parameters), looks, strict=True)
    )


class _Player(Movable):
    """The table, a slider over the steps, and a button that plays them."""

    def __init__(self, filling: Filling) -> None:
        self._filling = filling
        ran = len(filling.ran)
        self.steps = ipywidgets.IntSlider(
            ran,
            0,
            ran,
            description="have run",
            style={"description_width": "70px"},
            layout={"width": "420px"},
        )
        self.play = ipywidgets.Play(value=0, min=0, max=ran, interval=MILLISECONDS_A_ROW, show_repeat=False)
        super().__init__([self.steps], filling.html)
        # Linked in the browser, so that playing needs the kernel only for drawing.
        self._link = ipywidgets.jsdlink((self.play, "value"), (self.steps, "value"))
        self.children = [ipywidgets.HBox([self.play, self.steps]), self._shown]

    def follow(self) -> None:
        """Move the slider to the latest row."""
        ran = len(self._filling.ran)
        self.play.max = self.steps.max = ran
        self.steps.value = ran
        self._redraw()
