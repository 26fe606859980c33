"""What `course grade` prints, and how it ends."""

import typer
from rich.console import Console

from grader.class_run.fork_server import ForkServer
from grader.class_run.order import Order
from grader.class_run.progress import ProgressWatch
from grader.class_run.run import Outcome, grade_class
from grader.class_run.summary import notes
from grader.folders import find_root
from grader.results import Classroom
from grader.results_table import results_table
from grader.student_version import load_config

STOPPED = 130
"""The exit code after Ctrl-C, as shells have it."""


def run(order: Order, console: Console | None = None, server: ForkServer | None = None) -> None:
    """Grades a class and prints its table; see `grade_class`.

    Raises:
        CourseError: nothing can be graded; see `grade_class`.
        Exit: with code 1 when a submission could not be graded, 130 after Ctrl-C.
    """
    console = console or Console(highlight=False)
    root = find_root()
    try:
        outcome = grade_class(root, order, ProgressWatch(console), server)
    except KeyboardInterrupt:
        console.print("Stopped. What was graded is kept; the same command goes on with the rest.")
        raise typer.Exit(STOPPED) from None
    exercises = Classroom(load_config(root)).exercises(order.week)
    console.print(results_table(order.week, exercises, outcome.results))
    for line in (_counts(outcome), *notes(outcome.results)):
        console.print(line, markup=False)
    if outcome.failures:
        raise typer.Exit(1)


def _counts(outcome: Outcome) -> str:
    parts = [f"{len(outcome.graded)} graded"]
    if outcome.kept:
        parts.append(f"{len(outcome.kept)} unchanged")
    if outcome.failures:
        parts.append(f"{len(outcome.failures)} not graded")
    return ", ".join(parts) + "."
