"""Formats the counts as a table, for a terminal and for README.md."""

from collections.abc import Iterable, Sequence

from rich.table import Table

from grader.tools.mutation.results import Score
from grader.tools.status.counts import Numbers

HEADS = (
    "week",
    "",
    "core",
    "stretch",
    "points",
    "mistakes named",
    "right variants",
    "mutants failed",
    "run time",
)


def rows(numbers: Sequence[Numbers]) -> list[tuple[str, ...]]:
    """Returns one row per week and one with the sums, as text."""
    return [*map(_row, numbers), _sum(numbers)]


def terminal_table(numbers: Sequence[Numbers]) -> Table:
    """Returns the table for the terminal."""
    table = Table(title="GPT-2 in twelve weeks", title_justify="left")
    for number, head in enumerate(HEADS):
        table.add_column(head, justify="left" if number == 1 else "right")
    *weeks, total = rows(numbers)
    for row in weeks:
        table.add_row(*row)
    table.add_section()
    table.add_row(*total)
    return table


def markdown_table(numbers: Sequence[Numbers]) -> str:
    """Returns the table for README.md, in Markdown."""
    return markdown(HEADS, rows(numbers), words=(1,))


def markdown(heads: Sequence[str], body: Sequence[Sequence[str]], words: Sequence[int] = ()) -> str:
    """Returns a table in Markdown; columns of `words` are set to the left, all others to the right."""
    rule = ["---" if number in words else "--:" for number in range(len(heads))]
    return "\n".join(map(_line, [heads, rule, *body]))


def _row(numbers: Numbers) -> tuple[str, ...]:
    counts = (numbers.core, numbers.stretch, f"{numbers.points:g}", numbers.mistakes, numbers.variants)
    shown = (*counts, numbers.score, _seconds([numbers.seconds]))
    return (str(numbers.week.number), numbers.week.title, *map(str, shown))


def _sum(numbers: Sequence[Numbers]) -> tuple[str, ...]:
    columns = (
        [each.core for each in numbers],
        [each.stretch for each in numbers],
        [each.points for each in numbers],
        [each.mistakes for each in numbers],
        [each.variants for each in numbers],
    )
    sums = [f"{sum(column):g}" if sum(column) < 1000 else f"{sum(column):,.0f}" for column in columns]
    score = Score(sum(each.score.mutants for each in numbers), sum(each.score.killed for each in numbers))
    return ("", "together", *sums, str(score), _seconds([each.seconds for each in numbers]))


def _seconds(seconds: Iterable[float | None]) -> str:
    known = [each for each in seconds if each is not None]
    return f"{sum(known):.0f} s" if known else "–"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
