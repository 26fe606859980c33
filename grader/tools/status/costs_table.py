"""Formats the measured costs as a table, for a terminal and for README.md."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from grader.tools.status.measurements import CheckCost, Cost, Measured
from grader.tools.status.table import markdown
from utils.weeks import Week

HEADS = (
    "week",
    "storyteller: without demonstrations",
    "with",
    "memory",
    "GPT-2: without",
    "with",
    "memory",
    "slowest demonstration",
    "`course check`",
    "memory",
)


def cost_rows(weeks: Sequence[Week], measured: Mapping[str, Measured]) -> list[tuple[str, ...]]:
    """Returns one row per week, as text; a dash for what has not been measured."""
    return [_row(week, measured.get(week.folder, Measured())) for week in weeks]


def terminal_costs(weeks: Sequence[Week], measured: Mapping[str, Measured]) -> Table:
    """Returns the table for the terminal."""
    table = Table(title="What each week takes", title_justify="left")
    for head in HEADS:
        table.add_column(head.replace("`", ""), justify="right")
    for row in cost_rows(weeks, measured):
        table.add_row(*row)
    return table


def markdown_costs(weeks: Sequence[Week], measured: Mapping[str, Measured]) -> str:
    """Returns the table for README.md, in Markdown."""
    return markdown(HEADS, cost_rows(weeks, measured))


def machines(measured: Mapping[str, Measured]) -> list[str]:
    """Returns the machines and versions of the measurements, each once."""
    costs = [each for week in measured.values() for each in (week.storyteller, week.gpt2, week.check)]
    return sorted({each.machine for each in costs if each is not None})


def _row(week: Week, found: Measured) -> tuple[str, ...]:
    return (
        str(week.number),
        *_run(found.storyteller),
        *_run(found.gpt2),
        _slowest(found.gpt2),
        *_check(found.check),
    )


def _run(cost: Cost | None) -> tuple[str, str, str]:
    if cost is None:
        return "–", "–", "–"
    whole = "–" if cost.demonstrations is None else f"{cost.seconds + cost.demonstrations:.0f} s"
    return f"{cost.seconds:.0f} s", whole, _gigabytes(cost.megabytes)


def _gigabytes(megabytes: int | None) -> str:
    return "–" if megabytes is None else f"{megabytes / 1000:.1f} GB"


def _slowest(cost: Cost | None) -> str:
    shown = [each.seconds for each in cost.slowest if each.is_demonstration] if cost else []
    return f"{max(shown):.0f} s" if shown else "–"


def _check(cost: CheckCost | None) -> tuple[str, str]:
    return (f"{cost.seconds:.0f} s", _gigabytes(cost.megabytes)) if cost else ("–", "–")
