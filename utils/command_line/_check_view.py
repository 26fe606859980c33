"""Terminal output of `course check`: progress by cell, then the table."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from utils.command_line._progress_bar import progress_bar
from utils.self_check import CheckRow, SelfCheck
from utils.self_check.check import Begin

_STYLES = {"✓": "green", "✗": "red", "○": "yellow", "✎": "cyan"}


@contextmanager
def cell_by_cell(console: Console) -> Iterator[Begin]:
    """Show a progress bar during the context if the console is a terminal; yield the callback for it."""
    with progress_bar(console) as progress:
        task = progress.add_task("starting a fresh kernel", total=None)

        def begin(done: int, total: int, label: str) -> None:
            progress.update(task, completed=done, total=total, description=label)

        yield begin


def result_view(result: SelfCheck, details: bool) -> RenderableType:
    """Return the table, the sums and the notes; with `details` also the whole report of each failed check."""
    reports = [row.report for row in result.rows if row.mark in "✗○" and row.report] if details else []
    return Group(
        _table(result),
        _sums(result),
        *(Text(f"\n{report}") for report in reports),
        *(Text(f"! {note}", style="yellow") for note in result.notes),
    )


def _table(result: SelfCheck) -> Table:
    title = f"Week {result.week.number}: {result.week.title}"
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("Exercise", no_wrap=True)
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Reason")
    for row in result.rows:
        mark = Text(row.mark, style=_STYLES[row.mark])
        table.add_row(mark, Text(row.exercise), _points(row), row.kind, Text(row.reason))
    return table


def _points(row: CheckRow) -> str:
    return f"{'–' if row.kind == 'written' else f'{row.points:g}'} of {row.out_of:g}"


def _sums(result: SelfCheck) -> Text:
    parts = [f"core {result.points('core'):g} of {result.out_of('core'):g}"]
    if result.out_of("stretch"):
        parts.append(f"stretch {result.points('stretch'):g} of {result.out_of('stretch'):g}")
    written = sum(row.kind == "written" for row in result.rows)
    if written:
        answers = "written answer" if written == 1 else f"{written} written answers"
        parts.append(f"{answers}: graded by a person")
    return Text(" · ".join(parts), style="bold")
