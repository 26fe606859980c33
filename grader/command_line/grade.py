"""`course grade`: grades a class, prints its table and sets the exit code."""

import typer
from rich.console import Console

from grader.build.release import load_config
from grader.class_run.options import ClassRunOptions
from grader.class_run.progress import ProgressDisplay
from grader.class_run.run import ClassRunResult, grade_class
from grader.class_run.worker_server import WorkerServer
from grader.folders import find_root
from grader.gradebook.results import Classroom
from grader.report.summary import notes
from grader.report.table import results_table

STOPPED = 130
"""The exit code after Ctrl-C, by the shells' convention."""


def run(options: ClassRunOptions, console: Console | None = None, server: WorkerServer | None = None) -> None:
    """Grades a class and prints its table; see `grade_class`.

    Raises:
        CourseError: nothing can be graded; see `grade_class`.
        Exit: with code 1 when a submission could not be graded, 130 after Ctrl-C.
    """
    console = console or Console(highlight=False)
    root = find_root()
    try:
        outcome = grade_class(root, options, ProgressDisplay(console), server)
    except KeyboardInterrupt:
        console.print("Stopped. What was graded is kept; the same command goes on with the rest.")
        raise typer.Exit(STOPPED) from None
    exercises = Classroom(load_config(root)).exercises(options.week)
    console.print(results_table(options.week, exercises, outcome.results))
    for line in (_counts(outcome), *notes(outcome.results)):
        console.print(line, markup=False)
    if outcome.failures:
        raise typer.Exit(1)


def _counts(outcome: ClassRunResult) -> str:
    parts = [f"{len(outcome.graded)} graded"]
    if outcome.kept:
        parts.append(f"{len(outcome.kept)} unchanged")
    if outcome.failures:
        parts.append(f"{len(outcome.failures)} not graded")
    return ", ".join(parts) + "."
