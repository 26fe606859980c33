"""`course mutate`: runs the mutants of exercises and prints the survivors."""

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
from grader.tools.mutation.exercise import MutatedExercise, exercises_of
from grader.tools.mutation.mutants import mutants_of
from grader.tools.mutation.results import Result, explanations, keep_result, read_results
from grader.tools.mutation.trial import Trials, one_thread
from utils import reference
from utils.errors import CourseError
from utils.weeks import Week, find_week


@dataclass(frozen=True)
class MutationOptions:
    """The options of one call of `course mutate`."""

    weeks: tuple[str, ...] = ()
    """Names of weeks; empty for all."""
    check: str = ""
    """The only check to run; empty for all."""
    seeds: int = 20
    jobs: int = 1
    force: bool = False
    """Also run what has not changed since the last run."""


def run(options: MutationOptions, console: Console | None = None) -> None:
    """Runs the mutants of the exercises that have changed, keeps the results and prints what survived.

    Raises:
        CourseError: a week or a check is unknown.
        Exit: with code 1 when a mutant passes in public and fails hidden cases, or a survivor
            is not explained.
    """
    console, root = console or Console(highlight=False, soft_wrap=True), find_root()
    weeks = [find_week(name) for name in options.weeks] or list(weeks_with_source(root))
    known = {week.folder: explanations(root, week) for week in weeks}
    passed = True
    for key, result in _results(root, weeks, options):
        week, _, name = key.partition("/")
        passed &= _report(console, key, result, known[week].get(name, {}))
    if not passed:
        raise typer.Exit(1)


def _results(root: Path, weeks: list[Week], options: MutationOptions) -> Iterator[tuple[str, Result]]:
    """Yield all results, new and kept ones; each new one is kept at once."""
    done = 0
    for results in _each_week(root, weeks, options):
        for key, result in results:
            done += 1
            keep_result(key, result)
            yield key, result
    if not done:
        raise CourseError(f"There is no check {options.check!r} in these weeks.")


def _each_week(
    root: Path, weeks: list[Week], options: MutationOptions
) -> Iterator[Iterable[tuple[str, Result]]]:
    if options.jobs == 1:
        yield from (week_results(root, week, options) for week in weeks)
        return
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_listed, root, week, options) for week in weeks]):
            yield future.result()


def _listed(root: Path, week: Week, options: MutationOptions) -> list[tuple[str, Result]]:
    return list(week_results(root, week, options))


def week_results(root: Path, week: Week, options: MutationOptions) -> Iterator[tuple[str, Result]]:
    """Yield the result of each selected exercise of a week."""
    one_thread()
    reference.choose("storyteller")
    kept = read_results()
    for exercise in exercises_of(root, week):
        if options.check in ("", exercise.name):
            digest = digest_of(exercise, options.seeds)
            old = kept.get(exercise.key)
            if old is None or old.digest != digest or options.force:
                yield exercise.key, examine(exercise, options.seeds, digest)
            else:
                yield exercise.key, old


def examine(exercise: MutatedExercise, seeds: int, digest: str) -> Result:
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


def _report(console: Console, key: str, result: Result, reasons: dict[str, str]) -> bool:
    """Prints one exercise's result. Returns False if a mutant or an explanation needs work."""
    unexplained = [each for each in result.survivors if each not in reasons]
    stale = [each for each in reasons if each not in result.survivors]
    console.print(
        f"[bold]{key}[/]  {result.mutants} mutants, {result.killed} killed, "
        f"{len(result.survivors)} survived ({len(unexplained)} not explained), "
        f"{len(result.hidden)} killed by hidden cases alone"
    )
    for head, changes in (
        ("hidden alone", result.hidden),
        ("survived", unexplained),
        ("explained, but killed", stale),
    ):
        for change in changes:
            console.print(f"  {head}: {change}", markup=False)
    return not (unexplained or stale or result.hidden)
