"""`course status`: prints the course's tables of numbers."""

from collections.abc import Sequence

from rich.console import Console

from grader.folders import find_root
from grader.tools.status.costs_table import machines, markdown_costs, terminal_costs
from grader.tools.status.counts import count_weeks
from grader.tools.status.measurements import CheckCost, Cost, read_measured
from grader.tools.status.readme import COSTS, write_table
from grader.tools.status.table import markdown_table, terminal_table
from grader.tools.status.timing import references_here, time_weeks
from utils.errors import CourseError
from utils.weeks import Week


def run(weeks: Sequence[Week], measure: bool, write: bool, console: Console | None = None) -> None:
    """Prints the tables; optionally measures before, and writes the tables to README.md after.

    Args:
        weeks: the weeks to measure; by default all.
        measure: run the notebooks with solutions and `course check` on them.
        write: put the tables into README.md.
        console: where to print.

    Raises:
        CourseError: a source is missing or broken, weeks are named without a measurement, or README.md has
            lost its marks.
    """
    console, root = console or Console(highlight=False), find_root()
    if weeks and not measure:
        raise CourseError("Weeks are for --time: the tables are of all weeks.")
    if measure:
        _measure(weeks or [each.week for each in count_weeks(root)], console)
    with console.status("counting"):
        numbers = count_weeks(root)
    measured, shown = read_measured(), [each.week for each in numbers]
    console.print(terminal_table(numbers))
    console.print(terminal_costs(shown, measured))
    for machine in machines(measured):
        console.print(f"Measured on {machine}.")
    if write:
        write_table(root / "README.md", markdown_table(numbers))
        write_table(root / "README.md", markdown_costs(shown, measured), COSTS)
        console.print("README.md has these tables.")


def _measure(weeks: Sequence[Week], console: Console) -> None:
    references = references_here()
    if "gpt2" not in references:
        console.print("gpt2 is not in the hub's cache: measured with the storyteller alone.")
    time_weeks(find_root(), weeks, lambda *found: console.print(_line(*found)), references)


def _line(week: Week, part: str, found: Cost | CheckCost) -> str:
    seconds, extra = found.seconds, ""
    if isinstance(found, Cost):
        seconds += found.demonstrations or 0
        extra = f", most in {found.most_in}; slowest: " + ", ".join(
            f"{each.cell} {each.seconds:.0f} s" for each in found.slowest
        )
    name = "course check" if part == "check" else part
    return f"week {week.number}, {name}: {seconds:.0f} s, {found.megabytes:,} MB{extra}"
