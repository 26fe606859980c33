"""The class as a table: who got what, and why."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from rich.table import Table
from rich.text import Text

from grader.executor.task import Sign
from grader.exercises import Exercise
from grader.reasons import NOT_WRITTEN
from grader.results import Result
from utils.printable import printable
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
        reasons = printable("\n".join(why(result)))
        table.add_row(Text(printable(result.student)), *_points(result), Text(reasons))
    return table


def why(result: Result) -> list[str]:
    """The reasons for missing points, one line each, and what a person should look at."""
    return [*_problem(result), *_lost(result), *_late(result), *_odd(result)]


def _problem(result: Result) -> list[str]:
    if not result.problem:
        return []
    former = " (The points are of an earlier submission.)" if result.rows else ""
    return [f"not graded: {result.problem}{former}"]


def _lost(result: Result) -> list[str]:
    """Exercises that were not written share a line."""
    lost = [row for row in result.rows if row.kind != "written" and row.points < row.out_of]
    wrong = [f"{row.exercise}: {row.reason}" for row in lost if row.reason != NOT_WRITTEN]
    unwritten = [row.exercise for row in lost if row.reason == NOT_WRITTEN]
    return wrong + ([f"{NOT_WRITTEN}: {', '.join(unwritten)}"] if unwritten else [])


def _late(result: Result) -> list[str]:
    if not result.seconds_late:
        return []
    penalty = f"; penalty {result.penalty:g}, which the points here do not show" if result.penalty else ""
    return [f"late by {timedelta(seconds=round(result.seconds_late))}{penalty}"]


def _odd(result: Result) -> list[str]:
    signs = [f"ready-made? {place_of(sign)}: {sign.what}" for sign in result.signs]
    return [*(f"odd: {odd}" for odd in result.odd), *signs]


def place_of(sign: Sign) -> str:
    """Where a sign is, in words."""
    return f"{sign.cell}, line {sign.line}" if sign.line else sign.cell


def _points(result: Result) -> list[str]:
    if not result.rows:
        return ["–", "–", "–"]
    return [f"{result.points('core'):g}", f"{result.points('stretch'):g}", _written(result.rows)]


def _written(rows: Sequence[Row]) -> str:
    written = [row for row in rows if row.kind == "written"]
    if any(row.mark == "✎" for row in written):
        return "to grade"
    return f"{sum(row.points for row in written):g}"


def _out_of(exercises: Sequence[Exercise], kind: Kind) -> float:
    return sum(exercise.out_of for exercise in exercises if exercise.kind == kind)
