"""`course demo`: runs the demonstration and prints its commands and the class's table."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from grader.build.source import read_source, weeks_with_source
from grader.folders import find_root, shown
from grader.report.table import results_table
from grader.tools.demo.cycle import Demo, run_demo
from grader.tools.demo.sample_class import wrong_answers
from grader.tools.nbgrader_commands import CommandResult, Seen
from utils.errors import CourseError
from utils.weeks import Week, find_week

FOLDER = Path("grader/classroom/demo")
"""The folder of the sample class, which each run makes anew. The instructor's own class is beside it."""


def run(name: str | None, console: Console | None = None) -> None:
    """Runs the demonstration and prints each command and the class's table.

    Raises:
        CourseError: `name` is not a week, the week cannot be built, or nbgrader failed.
    """
    console = console or Console(highlight=False)
    root = find_root()
    week = find_week(name) if name is not None else _best_to_show(root)
    console.print(f"A sample class for week {week.number} ({week.notebook}), in {FOLDER.as_posix()}/:")
    with console.status("this takes a minute"):
        demo = run_demo(root, root / FOLDER, week, wrong_answers(week), _announcer(console))
    console.print()
    console.print(results_table(week, demo.classroom.exercises(week), demo.results))
    console.print(_where(root, demo))


def _best_to_show(root: Path) -> Week:
    """Return the first week with wrong answers for the misled student, else the first with a notebook."""
    with_notebook = [week for week in weeks_with_source(root) if not read_source(root, week).parts_only]
    if not with_notebook:
        raise CourseError("solutions/ holds no source of a whole week, so there is nothing to show.")
    return next((week for week in with_notebook if wrong_answers(week)), with_notebook[0])


def _announcer(console: Console) -> Seen:
    def announce(outcome: CommandResult) -> None:
        mark = "[green]✓[/]" if outcome.ok else "[red]✗[/]"
        console.print(f"{mark} {escape(outcome.command)}")

    return announce


def _where(root: Path, demo: Demo) -> str:
    perfect = demo.classroom.feedback(demo.week, "perfect")
    return (
        f"Feedback as students get it, for example: {shown(perfect, root)}\n"
        f"To look around with nbgrader's own commands: cd {FOLDER.as_posix()} and try `nbgrader export`."
    )
