"""The loss of a training run, drawn while it runs and afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from utils.pictures._colours import GROUPS
from utils.pictures._picture import Picture


class LossRun(Protocol):
    """The part of a training run that is drawn."""

    step: int
    """Steps done."""
    losses: list[float]
    """The loss of each step, in nats."""


class LiveLoss:
    """Show a progress bar and the loss curve during training: how is it going?

    Call it after every step: `live(run)`. In a notebook it redraws one picture in place; elsewhere it prints
    nothing, since a terminal has better progress bars.

    Args:
        total_steps: Steps of the whole run.
        lines: Losses to compare with, by name: horizontal lines.
        every: Minimum seconds between two pictures; the last step is always drawn.
        clock: Returns the time in seconds.
    """

    def __init__(
        self,
        total_steps: int,
        lines: Mapping[str, float] | None = None,
        every: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total_steps = total_steps
        self.lines = dict(lines or {})
        self._every, self._clock = every, clock
        self._begun: tuple[float, int] | None = None
        self._drawn_at = -float("inf")
        self._place: Any = None

    def __call__(self, run: LossRun) -> None:
        """Redraw the picture if the last one is old enough."""
        now = self._clock()
        if self._begun is None:
            self._begun = now, run.step
        if now - self._drawn_at < self._every and run.step < self.total_steps:
            return
        self._drawn_at = now
        self._show(self.picture(run, self.seconds_left(run)))

    def seconds_left(self, run: LossRun) -> float | None:
        """Return the estimated seconds for the rest of the run; None before the second call."""
        if self._begun is None:
            return None
        began, first = self._begun
        if run.step <= first:
            return None
        return (self._clock() - began) / (run.step - first) * max(self.total_steps - run.step, 0)

    def picture(self, run: LossRun, seconds_left: float | None) -> Picture:
        """Return the progress bar and the curve so far."""
        from utils.pictures._live_loss import in_words, page

        words = in_words(run.step, self.total_steps, run.losses, seconds_left)
        html = page(run.step, self.total_steps, run.losses, self.lines, words)
        return Picture(words, {"text/html": html})

    def _show(self, picture: Picture) -> None:
        try:
            from IPython import get_ipython
            from IPython.display import display
        except ImportError:
            return
        if get_ipython() is None:
            return
        if self._place is None:
            self._place = display(picture, display_id=True)
        else:
            self._place.update(picture)


def loss_curve(
    losses: Sequence[float],
    lines: Mapping[str, float] | None = None,
    validation: Sequence[tuple[int, float]] = (),
    title: str = "",
) -> Picture:
    """Draw the loss of a run: how did it fall, and how far is it from losses known without a model?

    Args:
        losses: The training loss of each step, in nats.
        lines: Losses to compare with, by name: dashed lines.
        validation: (steps done, loss) of each evaluation.

    Raises:
        ValueError: There are no losses.
    """
    import plotly.graph_objects as go

    from utils.pictures._live_loss import TICKS, smoothed
    from utils.pictures._plotly import axis, drawn, legend

    if not losses:
        raise ValueError("loss_curve needs the loss of at least one step.")
    steps = list(range(1, len(losses) + 1))
    faint = go.Scatter(
        x=steps, y=list(losses), name="each batch", mode="lines", opacity=0.3,
        line={"width": 1, "color": GROUPS[0]}, hoverinfo="skip",
    )  # fmt: skip
    smooth = go.Scatter(
        x=steps, y=smoothed(losses), name="training", mode="lines",
        line={"width": 2.5, "color": GROUPS[0]},
        hovertemplate="after step %{x}<br>training %{y:.3f} nats<extra></extra>",
    )  # fmt: skip
    seen = go.Scatter(
        x=[step for step, _ in validation], y=[loss for _, loss in validation], name="validation",
        mode="lines+markers", line={"width": 2, "color": GROUPS[1]},
        hovertemplate="after step %{x}<br>validation %{y:.3f} nats<extra></extra>",
    )  # fmt: skip
    dashed = [
        go.Scatter(
            x=[0, len(losses)], y=[height, height], name=f"{name} {height:.2f}", mode="lines",
            line={"width": 1.5, "dash": "dash", "color": GROUPS[2 + number % (len(GROUPS) - 2)]},
            hovertemplate=f"{name} {height:.3f} nats<extra></extra>",
        )
        for number, (name, height) in enumerate((lines or {}).items())
    ]  # fmt: skip
    return drawn(
        [faint, smooth, *([seen] if validation else []), *dashed],
        _curve_in_words(losses, lines or {}, validation),
        title,
        height=420,
        legend=legend(title),
        xaxis=axis("steps"),
        # On a linear axis, the last and most interesting nat would be a tenth of the picture.
        yaxis=axis("nats per token", type="log", tickvals=TICKS, ticktext=[f"{nats:g}" for nats in TICKS]),
    )


def _curve_in_words(
    losses: Sequence[float], lines: Mapping[str, float], validation: Sequence[tuple[int, float]]
) -> str:
    ends = f"Training loss over {len(losses)} steps: from {losses[0]:.3f} to {losses[-1]:.3f} nats per token"
    last = f"; validation at the end {validation[-1][1]:.3f}" if validation else ""
    named = ", ".join(f"{name} {height:.3f}" for name, height in lines.items())
    return ends + last + (f". To compare: {named}." if named else ".")
