"""What a class run shows while it works: how many are done, and about how long the rest will take."""

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from grader.class_run.run import ProgressListener

_STEADY_S = 600
"""The time left is estimated from what the last ten minutes brought."""


class ProgressDisplay(ProgressListener):
    """Shows a bar with the time left, and names a submission that cannot be graded as soon as it is known."""

    def __init__(self, console: Console):
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            speed_estimate_period=_STEADY_S,
        )

    def begin(self, grade: int, kept: int) -> None:
        """Says how much there is to do."""
        unchanged = f"; {kept} unchanged since they were graded" if kept else ""
        self._console.print(f"{grade} to grade{unchanged}.")
        if grade:
            self._bar.start()
            self._task = self._bar.add_task("grading", total=grade)

    def settled(self, student: str, failure: str) -> None:
        """One more is done."""
        if failure:
            self._console.print(f"[red]✗[/] {escape(student)}: {escape(failure)}")
        self._bar.advance(self._task)

    def end(self) -> None:
        """Takes the bar away."""
        self._bar.stop()
