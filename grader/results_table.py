"""The class as a table: who got what, and why."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from grader.exercises import Exercise
from grader.reasons import NOT_WRITTEN
from grader.results import Result
from utils.self_check.result import Kind, Row
from utils.weeks import Week


def results_table(week: Week, exercises: Sequence[Exercise], results: Iterable[Result]) -> Table:
    """One row a student: core, stretch and written points, and the reason for what is missing."""
    table = Table(title=f"Week {week.number}: {week.title}", title_justify="left", show_lines=True)
    table.add_column("student", no_wrap=True)
    for kind in ("core", "stretch", "written"):
        table.add_column(f"{kind}\n/ {_out_of(exercises, kind):g}", justify="right", no_wrap=True)
    table.add_column("why")
    for result in results:
        table.add_row(result.student, *_points(result), Text("\n".join(why(result))))
    return table


def why(result: Result) -> list[str]:
    """The reasons for missing points, one line each; exercises that were not written share one."""
    if result.problem:
        return [f"not graded: {result.problem}"]
    lost = [row for row in result.rows if row.kind != "written" and row.points < row.out_of]
    wrong = [f"{row.exercise}: {row.reason}" for row in lost if row.reason != NOT_WRITTEN]
    unwritten = [row.exercise for row in lost if row.reason == NOT_WRITTEN]
    return wrong + ([f"{NOT_WRITTEN}: {', '.join(unwritten)}"] if unwritten else [])


def _points(result: Result) -> list[str]:
    if result.problem:
        return ["–", "–", "–"]
    return [f"{result.points('core'):g}", f"{result.points('stretch'):g}", _written(result.rows)]


def _written(rows: Sequence[Row]) -> str:
    written = [row for row in rows if row.kind == "written"]
    if any(row.mark == "✎" for row in written):
        return "to grade"
    return f"{sum(row.points for row in written):g}"


def _out_of(exercises: Sequence[Exercise], kind: Kind) -> float:
    return sum(exercise.out_of for exercise in exercises if exercise.kind == kind)
