"""The class as a table of students, points and reasons."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from grader.autograde.task import DelegationSign
from grader.gradebook.reasons import NOT_WRITTEN
from grader.gradebook.results import StudentResult
from grader.notebook.exercises import Exercise
from utils.printable import printable
from utils.self_check.result import CheckRow, Kind
from utils.weeks import Week

_NOT_DEFINED = re.compile(r"NameError: name '(\w+)' is not defined")
_OTHER_WIDTH, _MIN_NAME_WIDTH, _MIN_REASON_WIDTH = 37, 8, 34
"""Characters for the points and the lines, and at least for names and for reasons."""
STALE = "stale: something that this grade rests on has changed; `course grade` makes it anew"


class _ResultsTable(Table):
    """A table that folds long names, so that the reasons stay readable in a terminal of 80 columns."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        available = options.max_width - _OTHER_WIDTH - _MIN_REASON_WIDTH
        self.columns[0].max_width = max(_MIN_NAME_WIDTH, available)
        return super().__rich_console__(console, options)


def results_table(week: Week, exercises: Sequence[Exercise], results: Iterable[StudentResult]) -> Table:
    """Return a table with one row for each student: points by kind, and the reasons for missing ones."""
    table = _ResultsTable(title=f"Week {week.number}: {week.title}", title_justify="left", show_lines=True)
    table.add_column("student", overflow="fold")
    for kind in ("core", "stretch", "written"):
        table.add_column(f"{kind}\n/ {_out_of(exercises, kind):g}", justify="right", no_wrap=True)
    table.add_column("why")
    for result in results:
        reasons = printable("\n".join(reasons_of(result)))
        table.add_row(Text(printable(result.student)), *_points(result), Text(reasons))
    return table


def reasons_of(result: StudentResult) -> list[str]:
    """Return the reasons for missing points and the remarks for the instructor, one line each."""
    stale = [STALE] if result.stale else []
    return [*_problem(result), *stale, *_lost(result), *_late(result), *_odd(result)]


def _problem(result: StudentResult) -> list[str]:
    if not result.problem:
        return []
    former = " (The points are stale: they are of an earlier submission.)" if result.rows else ""
    return [f"not graded: {result.problem}{former}"]


def _lost(result: StudentResult) -> list[str]:
    """Return a line for each reason, with the exercises that share it."""
    lost = [row for row in result.rows if row.kind != "written" and row.points < row.out_of]
    names = {row.exercise for row in lost}
    exercises_of: dict[str, list[str]] = {}
    for row in lost:
        exercises_of.setdefault(_cause(row, names), []).append(row.exercise)
    unwritten = exercises_of.pop(NOT_WRITTEN, [])
    lines = [f"{', '.join(exercises)}: {cause}" for cause, exercises in exercises_of.items()]
    return lines + ([f"{NOT_WRITTEN}: {', '.join(unwritten)}"] if unwritten else [])


def _cause(row: CheckRow, lost: Collection[str]) -> str:
    """Return the reason; if it is that another lost exercise is not defined, name that exercise."""
    missing = _NOT_DEFINED.match(row.reason)
    if missing and missing[1] in lost and missing[1] != row.exercise:
        return f"because of {missing[1]}"
    return row.reason


def _late(result: StudentResult) -> list[str]:
    if not result.seconds_late:
        return []
    penalty = f"; penalty {result.penalty:g}, which the points here do not show" if result.penalty else ""
    return [f"late by {timedelta(seconds=round(result.seconds_late))}{penalty}"]


def _odd(result: StudentResult) -> list[str]:
    signs = [f"ready-made? {place_of(sign)}: {sign.what}" for sign in result.signs]
    return [*(f"odd: {odd}" for odd in result.odd), *signs]


def place_of(sign: DelegationSign) -> str:
    """Return the place of a sign: the cell, with the line if there is one."""
    return f"{sign.cell}, line {sign.line}" if sign.line else sign.cell


def _points(result: StudentResult) -> list[str]:
    if not result.rows:
        return ["–", "–", "–"]
    return [f"{result.points('core'):g}", f"{result.points('stretch'):g}", _written(result.rows)]


def _written(rows: Sequence[CheckRow]) -> str:
    written = [row for row in rows if row.kind == "written"]
    if any(row.mark == "✎" for row in written):
        return "to grade"
    return f"{sum(row.points for row in written):g}"


def _out_of(exercises: Sequence[Exercise], kind: Kind) -> float:
    return sum(exercise.out_of for exercise in exercises if exercise.kind == kind)
