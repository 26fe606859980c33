"""`course build`: builds weeks and prints what has changed."""

from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console

from grader.build.build import Built, make_all, summary
from grader.build.install import out_of_date, write
from grader.folders import find_root, shown
from grader.gradebook.changed_week import changed_weeks, sentences
from grader.tools.known_mistakes.table import table_path
from grader.tools.known_mistakes.week_page import is_stale, page_path, updated_page
from utils.weeks import Week, find_week


def run(
    name: str | None, check: bool = False, overwrite: bool = False, console: Console | None = None
) -> None:
    """Builds one week or all, or reports whether the built files are up to date.

    Raises:
        CourseError: `name` is not a week, or a source or a table of mistakes cannot be built.
        Exit: with code 1 when `check` finds something out of date.
    """
    console = console or Console(highlight=False)
    weeks = None if name is None else [find_week(name)]
    root = find_root()
    made = make_all(root, weeks)
    if check:
        stale = [*_stale_mistakes(root, made), *_stale_steps(root, made), *_stale_pages(root, made)]
        _report(console, [*out_of_date(root, made), *stale])
        return
    differing = changed_weeks(root, made)
    changed = [
        *write(root, made, overwrite),
        *_write_mistakes(console, root, made),
        *_write_steps(root, made),
        *_write_pages(root, made),
    ]
    for each in made:
        console.print(f"[bold]{each.source.week.folder}[/]  {summary(each)}")
    for path in changed:
        console.print(f"  written  {shown(path, root)}")
    if not changed:
        console.print("Every file was up to date.")
    for changed_week in differing:
        for line in sentences(changed_week):
            console.print(line, markup=False)


def _stale_mistakes(root: Path, made: list[Built]) -> Iterator[str]:
    for week in _weeks_with_mistakes(root, made):
        from grader.tools.known_mistakes.week_file import stale_checks  # imports torch, which takes seconds

        if checks := stale_checks(root, week):
            yield f"the known mistakes of {week.folder} are not those of its table: {', '.join(checks)}"


def _write_mistakes(console: Console, root: Path, made: list[Built]) -> Iterator[Path]:
    """Writes each week's `mistakes.json` where its table, or what it rests on, has changed."""
    for week in _weeks_with_mistakes(root, made):
        from grader.tools.known_mistakes.week_file import make_week_file

        file = make_week_file(root, week)
        if file.proven:
            checks = f"{len(file.proven)} checks" if len(file.proven) > 1 else file.proven[0]
            console.print(f"{week.folder}: the mistakes of {checks} have been run and are proven.")
        if file.changed:
            file.path.write_text(file.text, "utf-8")
            yield file.path


def _stale_steps(root: Path, made: list[Built]) -> Iterator[str]:
    for week in _weeks_with_answers(root, made):
        from grader.tools.trace.week_file import checks_without_steps

        if checks := checks_without_steps(root, week):
            yield f"the steps of {week.folder} are not those of its solutions: {', '.join(checks)}"


def _write_steps(root: Path, made: list[Built]) -> Iterator[Path]:
    """Writes each week's `steps.json` where a solution, or what its steps rest on, has changed."""
    for week in _weeks_with_answers(root, made):
        from grader.tools.trace.week_file import make_steps_file

        file = make_steps_file(root, week)
        if file.changed:
            file.path.write_text(file.text, "utf-8")
            yield file.path


def _stale_pages(root: Path, made: list[Built]) -> Iterator[str]:
    for week in _weeks_with_mistakes(root, made):
        if is_stale(root, week):
            yield f"{shown(page_path(root, week), root)} does not list the mistakes of the week's table"


def _write_pages(root: Path, made: list[Built]) -> Iterator[Path]:
    """Writes the list of mistakes into each week's page for instructors where the table has changed."""
    for week in _weeks_with_mistakes(root, made):
        if is_stale(root, week):
            path = page_path(root, week)
            path.write_text(updated_page(root, week), encoding="utf-8")
            yield path


def _weeks_with_answers(root: Path, made: list[Built]) -> Iterator[Week]:
    """Yields the weeks with a notebook; none in a course folder without the `utils` package."""
    for each in made:
        folder = root / "utils" / "answers" / each.source.week.folder
        if folder.is_dir() and not each.source.parts_only:
            yield each.source.week


def _weeks_with_mistakes(root: Path, made: list[Built]) -> Iterator[Week]:
    return (each.source.week for each in made if table_path(root, each.source.week).is_file())


def _report(console: Console, differences: list[str]) -> None:
    if differences:
        console.print("course/ is not what the sources give; `course build` makes it so.")
        for each in differences:
            console.print(f"  {each}")
        raise typer.Exit(1)
    console.print("course/ is what the sources give.")
