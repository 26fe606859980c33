"""`course status`: prints the course's table of numbers."""

from rich.console import Console

from grader.folders import find_root
from grader.tools.status.counts import count_weeks, run_times
from grader.tools.status.readme import write_table
from grader.tools.status.table import markdown_table, terminal_table
from grader.tools.status.timing import time_weeks
from utils.weeks import Week


def run(measure: bool, write: bool, console: Console | None = None) -> None:
    """Prints the table; optionally measures run times before, and writes the table to README.md after.

    Raises:
        CourseError: a source or a notebook is missing or broken, or README.md has lost its marks.
    """
    console, root = console or Console(highlight=False), find_root()
    if measure:
        weeks = [each.week for each in count_weeks(root)]
        time_weeks(root, weeks, lambda week, seconds: console.print(_timed(week, seconds)))
    with console.status("counting"):
        numbers = count_weeks(root)
    console.print(terminal_table(numbers))
    if run_times()["machine"]:
        console.print(
            f"Run times: set-up, work and check cells of the notebooks with solutions, "
            f"on {run_times()['machine']}."
        )
    if write:
        write_table(root / "README.md", markdown_table(numbers))
        console.print("README.md has this table.")


def _timed(week: Week, seconds: float) -> str:
    return f"week {week.number}: {seconds:.0f} s"
