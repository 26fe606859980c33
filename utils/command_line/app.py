"""The commands `course check` and `course progress`.

Other packages add theirs through the entry-point group `course.commands`.
"""

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from utils.command_line._group import CourseGroup, say_error
from utils.paths import find_home, find_notebook
from utils.self_check import DEFAULT_TIMEOUT, SelfCheck, check_week
from utils.weeks import find_week

_ABOUT = """GPT-2 in twelve weeks: check your notebooks and see how far you are.

Start JupyterLab with `make lab`, fill in a week's notebook, and run `course check` before you hand it in.
"""

app = typer.Typer(
    cls=CourseGroup,
    help=_ABOUT,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        typer.echo(f"course {version('gpt2-in-twelve-weeks')}")
    except PackageNotFoundError:
        typer.echo("course, run from its source folder without being installed")
    raise typer.Exit


@app.callback()
def _course(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end."),
    ] = False,
) -> None:
    """The options of `course` itself."""


@app.command()
def check(
    week: Annotated[
        str, typer.Argument(metavar="WEEK", help="Number, name or folder: 5, attention or week05_attention.")
    ],
    notebook: Annotated[
        Path | None,
        typer.Option(help="Your notebook, where it is not in the course's folder or has another name."),
    ] = None,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds that one cell may take.")] = DEFAULT_TIMEOUT,
    details: Annotated[bool, typer.Option("--details", help="Show the whole report of what failed.")] = False,
) -> None:
    """Run your whole notebook of WEEK in a fresh kernel, as the grader would, and show the points.

    Save the notebook first: what counts is the file. It is only read, never changed. Demonstrations are
    skipped. The result is kept for `course progress`, on this machine only.

    Example: `course check 5`
    """
    # Imported here so that `course --help` stays fast.
    from utils.command_line._check_view import cell_by_cell, result_view

    found = find_week(week)
    path = notebook or find_notebook(found)
    console = Console()
    console.print(Text(f"Checking {path}", style="dim"), soft_wrap=True)
    try:
        with cell_by_cell(console) as begin:
            result = check_week(found, path, timeout, begin)
    except KeyboardInterrupt:
        say_error("Stopped. Nothing was recorded, and your notebook is as it was.")
        raise typer.Exit(130) from None
    console.print(result_view(result, details))
    _keep(result)


def _keep(result: SelfCheck) -> None:
    """Store the result for `course progress`; print a sentence if that fails."""
    from utils.progress import NotKept, keep

    try:
        note = keep(result.week, result.summary(datetime.now(UTC)))
    except NotKept as error:
        note = str(error)
    if note:
        say_error(note)


@app.command()
def progress() -> None:
    """Show the twelve weeks at a glance: what `course check` found on this machine.

    The points are kept in a small file in your user folder; COURSE_HOME names another folder for it.
    """
    from utils.progress import recall
    from utils.progress.table import progress_table

    records, note = recall()
    console = Console()
    console.print(progress_table(records, find_home()))
    if note:
        say_error(note)
