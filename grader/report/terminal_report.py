"""The report for the terminal."""

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from grader.gradebook.results import StudentResult
from grader.notebook.exercises import Exercise
from grader.report.figures import (
    CommonMistake,
    ExerciseFigures,
    Finding,
    common_mistakes,
    delegation,
    exercise_figures,
    oddities,
)
from grader.report.summary import notes
from grader.report.table import results_table
from utils.weeks import Week

_MAX_NAMED = 5
"""The number of students named beside a mistake; the others are counted."""


def views(
    week: Week, exercises: Sequence[Exercise], results: Sequence[StudentResult]
) -> Iterable[RenderableType]:
    """Yield the report's parts, in order; an empty part is one line of text."""
    yield results_table(week, exercises, results)
    yield _exercises(exercise_figures(exercises, results))
    yield _mistakes(common_mistakes(results))
    yield _findings(
        "Signs that something ready-made did the work (no grade was changed)", delegation(results), "cell"
    )
    yield _findings("What was odd", oddities(results), "")
    for line in notes(results):
        yield Text(line)


def _exercises(figures: Iterable[ExerciseFigures]) -> Table:
    table = Table(title="Exercises", title_justify="left")
    table.add_column("exercise", no_wrap=True)
    table.add_column("kind")
    for name in ("right", "not written", "mean points", "of"):
        table.add_column(name, justify="right")
    for each in figures:
        exercise = each.exercise
        right = f"{each.share_right:.0%}" if each.graded else "–"
        mean = f"{each.mean_points:.1f}" if each.graded else "–"
        table.add_row(exercise.name, exercise.kind, right, str(each.unwritten), mean, f"{exercise.out_of:g}")
    return table


def _mistakes(found: Sequence[CommonMistake]) -> RenderableType:
    if not found:
        return Text("No known mistake was made.")
    table = Table(title="Most common mistakes", title_justify="left")
    table.add_column("students", justify="right")
    table.add_column("exercise", no_wrap=True)
    table.add_column("mistake")
    table.add_column("who")
    for each in found:
        table.add_row(str(len(each.students)), each.exercise, Text(each.name), Text(_named(each.students)))
    return table


def _findings(title: str, found: Sequence[Finding], place: str) -> RenderableType:
    if not found:
        return Text(f"{title}: nothing.")
    table = Table(title=title, title_justify="left")
    table.add_column("student", no_wrap=True)
    if place:
        table.add_column(place)
    table.add_column("what")
    for each in found:
        cells = [each.student, each.place, each.what] if place else [each.student, each.what]
        table.add_row(*map(Text, cells))
    return table


def _named(students: Sequence[str]) -> str:
    more = len(students) - _MAX_NAMED
    return ", ".join(students[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
