"""`course build`: builds weeks and prints what has changed."""

import typer
from rich.console import Console

from grader.build.build import make_all, summary
from grader.build.install import out_of_date, write
from grader.folders import find_root, shown
from grader.gradebook.changed_week import changed_weeks, sentences
from utils.weeks import find_week


def run(
    name: str | None, check: bool = False, overwrite: bool = False, console: Console | None = None
) -> None:
    """Builds one week or all, or reports whether `course/` is up to date.

    Raises:
        CourseError: `name` is not a week, or a source cannot be built.
        Exit: with code 1 when `check` finds something out of date.
    """
    console = console or Console(highlight=False)
    weeks = None if name is None else [find_week(name)]
    root = find_root()
    made = make_all(root, weeks)
    if check:
        _report(console, out_of_date(root, made))
        return
    differing = changed_weeks(root, made)
    changed = write(root, made, overwrite)
    for each in made:
        console.print(f"[bold]{each.source.week.folder}[/]  {summary(each)}")
    for path in changed:
        console.print(f"  written  {shown(path, root)}")
    if not changed:
        console.print("Every file was up to date.")
    for changed_week in differing:
        for line in sentences(changed_week):
            console.print(line, markup=False)


def _report(console: Console, differences: list[str]) -> None:
    if differences:
        console.print("course/ is not what the sources give; `course build` makes it so.")
        for each in differences:
            console.print(f"  {each}")
        raise typer.Exit(1)
    console.print("course/ is what the sources give.")
