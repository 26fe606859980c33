"""The progress bar of a class run, with an estimate of the time left."""

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

from grader.class_run.listener import ProgressListener

_ESTIMATE_S = 600
"""The time left is estimated from the pace of so many seconds before."""


class ProgressDisplay(ProgressListener):
    """A progress bar with the time left, above which failed submissions are printed as they occur."""

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
            speed_estimate_period=_ESTIMATE_S,
        )

    def begin(self, grade: int, kept: int) -> None:
        """Prints the number of submissions and starts the bar."""
        unchanged = f"; {kept} unchanged since they were graded" if kept else ""
        self._console.print(f"{grade} to grade{unchanged}.")
        if grade:
            self._bar.start()
            self._task = self._bar.add_task("grading", total=grade)

    def finished(self, student: str, failure: str) -> None:
        """Advances the bar and prints a failure."""
        if failure:
            self._console.print(f"[red]✗[/] {escape(student)}: {escape(failure)}")
        self._bar.advance(self._task)

    def end(self) -> None:
        """Removes the bar."""
        self._bar.stop()
