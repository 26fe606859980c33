"""What `course mutate` does."""

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from grader.build.source import weeks_with_source
from grader.folders import find_root
from grader.tools.mutation.digest import digest_of
from grader.tools.mutation.exercise import Exercise, exercises_of
from grader.tools.mutation.mutants import mutants_of
from grader.tools.mutation.results import Result, explanations, keep_result, read_results
from grader.tools.mutation.trial import Trials, one_thread
from utils import reference
from utils.errors import CourseError
from utils.weeks import Week, find_week


@dataclass(frozen=True)
class Order:
    """What to run."""

    weeks: tuple[str, ...] = ()
    """Names of weeks; all where there is none."""
    check: str = ""
    """One check alone."""
    seeds: int = 20
    jobs: int = 1
    force: bool = False
    """Also what has not changed since the last run."""


def run(order: Order, console: Console | None = None) -> None:
    """Runs the mutants of the exercises that have changed, keeps the results and prints what survived.

    Raises:
        CourseError: a week or a check is unknown.
        Exit: with code 1 when a mutant passes in public and fails hidden cases, or a survivor
            is not explained.
    """
    console, root = console or Console(highlight=False, soft_wrap=True), find_root()
    weeks = [find_week(name) for name in order.weeks] or list(weeks_with_source(root))
    known = {week.folder: explanations(root, week) for week in weeks}
    good = True
    for key, result in _results(root, weeks, order):
        week, _, name = key.partition("/")
        good &= _report(console, key, result, known[week].get(name, {}))
    if not good:
        raise typer.Exit(1)


def _results(root: Path, weeks: list[Week], order: Order) -> Iterator[tuple[str, Result]]:
    """The results, new and old ones; each is written down as soon as it is there."""
    done = 0
    for results in _each_week(root, weeks, order):
        for key, result in results:
            done += 1
            keep_result(key, result)
            yield key, result
    if not done:
        raise CourseError(f"There is no check {order.check!r} in these weeks.")


def _each_week(root: Path, weeks: list[Week], order: Order) -> Iterator[Iterable[tuple[str, Result]]]:
    if order.jobs == 1:
        yield from (week_results(root, week, order) for week in weeks)
        return
    with ProcessPoolExecutor(order.jobs, multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_listed, root, week, order) for week in weeks]):
            yield future.result()


def _listed(root: Path, week: Week, order: Order) -> list[tuple[str, Result]]:
    return list(week_results(root, week, order))


def week_results(root: Path, week: Week, order: Order) -> Iterator[tuple[str, Result]]:
    """The result of each exercise of a week that the order names."""
    one_thread()
    reference.choose("storyteller")
    kept = read_results()
    for exercise in exercises_of(root, week):
        if order.check in ("", exercise.name):
            digest = digest_of(exercise, order.seeds)
            old = kept.get(exercise.key)
            up_to_date = old is not None and old.digest == digest and not order.force
            yield exercise.key, old if up_to_date else examine(exercise, order.seeds, digest)


def examine(exercise: Exercise, seeds: int, digest: str) -> Result:
    """Runs every mutant of an exercise."""
    trials = Trials(exercise, seeds)
    tried = [
        (mutant.change, trials.outcome(cell, mutant.code))
        for cell, source in enumerate(exercise.cells)
        for mutant in mutants_of(source)
    ]
    by = {
        kind: tuple(change for change, outcome in tried if outcome == kind) for kind in ("hidden", "survived")
    }
    killed = len(tried) - len(by["hidden"]) - len(by["survived"])
    return Result(digest, len(tried), killed, by["hidden"], by["survived"])


def _report(console: Console, key: str, result: Result, why: dict[str, str]) -> bool:
    """Prints one exercise's result; whether nothing is left to do."""
    open_ones = [each for each in result.survivors if each not in why]
    stale = [each for each in why if each not in result.survivors]
    console.print(
        f"[bold]{key}[/]  {result.mutants} mutants, {result.killed} killed, "
        f"{len(result.survivors)} survived ({len(open_ones)} not explained), "
        f"{len(result.hidden)} killed by hidden cases alone"
    )
    for head, changes in (
        ("hidden alone", result.hidden),
        ("survived", open_ones),
        ("explained, but killed", stale),
    ):
        for change in changes:
            console.print(f"  {head}: {change}", markup=False)
    return not (open_ones or stale or result.hidden)
