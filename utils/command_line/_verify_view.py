"""Terminal output of `course verify`: progress by fact, then the table."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from utils.command_line._progress_bar import progress_bar
from utils.verification import Fact, Outcome
from utils.verification.agreement import shown

_MARKS = {
    "agrees": ("✓", "green"),
    "differs": ("✗", "red"),
    "error": ("✗", "red"),
    "waits": ("○", "yellow"),
    "unknown": ("?", "yellow"),
    "not run": ("–", "dim"),
}
_LONGEST = 60  # characters of a text or a row of numbers in the table

Begin = Callable[[int, Fact], Callable[[str], None]]


@contextmanager
def fact_by_fact(console: Console, total: int) -> Iterator[Begin]:
    """Show a progress bar during the context if the console is a terminal; yield the callback for it."""
    with progress_bar(console) as progress:
        task = progress.add_task("loading the weights", total=total)

        def begin(number: int, fact: Fact) -> Callable[[str], None]:
            def say(text: str) -> None:
                progress.update(task, description=f"{fact.name}: {text}")

            progress.update(task, completed=number, description=fact.name)
            return say

        yield begin


def verification_view(outcomes: Sequence[Outcome], title: str) -> RenderableType:
    """Return the table, the sums, and a line for each source, caveat and reason."""
    return Group(_table(outcomes, title), _sums(outcomes), *_notes(outcomes))


def _table(outcomes: Sequence[Outcome], title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_lines=False)
    table.add_column("")
    table.add_column("Fact", no_wrap=True)
    table.add_column("Published", overflow="fold")
    table.add_column("Ours", overflow="fold")
    table.add_column("Tolerance", justify="right", no_wrap=True)
    table.add_column("Source", justify="right", no_wrap=True)
    sources = _sources(outcomes)
    for outcome in outcomes:
        mark, style = _MARKS[outcome.state]
        fact = outcome.fact
        ours = outcome.reason if outcome.ours is None else shown(fact, outcome.ours)
        table.add_row(
            Text(mark, style=style),
            Text(fact.name),
            Text(_cut(shown(fact, fact.value))),
            Text(_cut(ours), style="" if outcome.ours is not None else style),
            _tolerance(fact),
            str(sources.index(fact.source) + 1),
        )
    return table


def _sources(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the sources in the order of the table; their numbers in it are their places here."""
    return list(dict.fromkeys(outcome.fact.source for outcome in outcomes))


def _tolerance(fact: Fact) -> str:
    if fact.tolerance is None:
        return "–"
    if fact.from_memory:
        return "from memory"
    return f"{fact.tolerance:g}" if fact.tolerance else "exact"


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _sums(outcomes: Sequence[Outcome]) -> Text:
    words = {
        "agrees": "agree",
        "differs": "differ",
        "error": "could not be computed",
        "waits": "wait for a part",
        "unknown": "differ from a value that was published from memory",
        "not run": "are not run",
    }
    states = [outcome.state for outcome in outcomes]
    counts = [f"{states.count(state)} {word}" for state, word in words.items() if state in states]
    return Text(" · ".join(counts), style="bold")


def _notes(outcomes: Sequence[Outcome]) -> Iterator[Text]:
    """Yield the sources, and then what is to be said of single facts."""
    yield Text("\nSources")
    for number, source in enumerate(_sources(outcomes), start=1):
        yield Text(f"{number:>3}  {source}", style="dim")
    for outcome in outcomes:
        if outcome.state in {"differs", "error", "waits", "unknown"}:
            yield Text(f"\n{outcome.fact.name}: {_explained(outcome)}")


def _explained(outcome: Outcome) -> str:
    fact = outcome.fact
    if outcome.ours is None:
        return outcome.reason
    memory = " The published value is from memory, so this proves nothing." if fact.from_memory else ""
    caveat = f" About the published value: {fact.note}." if fact.note else ""
    values = f"published {shown(fact, fact.value)}, ours {shown(fact, outcome.ours)}"
    return f"{fact.quantity}: {values}.{memory}{caveat}"
