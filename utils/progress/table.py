"""The table of `course progress`: the twelve weeks at a glance."""

import os
from pathlib import Path

from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from utils.paths import notebook_of
from utils.progress.result import Record, WeekResult
from utils.weeks import WEEKS, Week

_BAR_WIDTH = 16  # as wide as "not released yet"; the whole fits a terminal of 80 columns


def progress_table(records: dict[str, Record], home: Path) -> Table:
    """Return a table with a row for each week; `home` is the folder that holds the weeks' folders."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("Week")
    table.add_column("Core", width=_BAR_WIDTH)
    table.add_column("Best", justify="right")
    table.add_column("Last", justify="right")
    table.add_column("Stretch", justify="right")
    table.add_column("When", no_wrap=True)
    for week in WEEKS:
        _add_row(table, week, records.get(week.folder), home)
    return table


def _add_row(table: Table, week: Week, record: Record | None, home: Path) -> None:
    if record is None:
        # os.path, because Path.is_file raises where a parent folder is not readable.
        released = os.path.isfile(notebook_of(week, home))  # noqa: PTH113
        state = Text("not checked yet" if released else "not released yet", style="dim")
        table.add_row(str(week.number), Text(week.title, style="" if released else "dim"), state)
        return
    best, last = record.best, record.last
    bar = ProgressBar(total=best.core_of or 1, completed=best.core, width=_BAR_WIDTH)
    when = f"{last.when.astimezone():%d %b}"
    table.add_row(
        str(week.number), Text(week.title), bar, f"{best.core:g}", f"{last.core:g}", _stretch(best), when
    )


def _stretch(result: WeekResult) -> str:
    return f"{result.stretch:g}/{result.stretch_of:g}" if result.stretch_of else "–"
