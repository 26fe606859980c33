"""The commands `course check`, `course progress` and `course verify`.

Other packages add theirs through the entry-point group `course.commands`.
"""

import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from utils.command_line._group import CourseGroup, say_error
from utils.errors import CourseError
from utils.paths import find_home, find_notebook
from utils.self_check import DEFAULT_TIMEOUT, SelfCheck, check_week
from utils.weeks import find_week

if TYPE_CHECKING:
    from utils.reference import Reference

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


@app.command()
def verify(
    mine: Annotated[
        bool, typer.Option("--mine", help="Run your own parts, from your saved notebooks, not the course's.")
    ] = False,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch OpenAI's GPT-2 (0.55 GB, once) without asking.")
    ] = False,
    fact: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this fact; may be given several times.")
    ] = None,
    facts: Annotated[Path | None, typer.Option(hidden=True, help="Another file of facts, for tests.")] = None,
) -> None:
    """Compare GPT-2, run by the course's own parts, with what is published of OpenAI's GPT-2.

    Texts, losses, ten steps of training, attention patterns, logits and heads: 24 comparisons, in a few
    minutes and 4 GB of memory. Facts that need a part which is not there yet wait for its week. The exit code
    is 0 if nothing differs, 1 if something does, and 2 if nothing could be run.

    Example: `course verify --mine`
    """
    from utils.command_line._verify_view import fact_by_fact, verification_view
    from utils.verification import CourseParts, OwnParts, load_facts
    from utils.verification import verify as run
    from utils.verification.facts import FACTS

    wanted = load_facts(facts or FACTS)
    if unknown := set(fact or ()) - {each.name for each in wanted}:
        names = ", ".join(each.name for each in wanted)
        raise CourseError(f"There is no fact {', '.join(sorted(unknown))}. The facts are {names}.")
    wanted = [each for each in wanted if not fact or each.name in fact]
    reference = _openai_gpt2(download)
    parts = OwnParts() if mine else CourseParts()
    console = Console()
    try:
        with fact_by_fact(console, len(wanted)) as begin:
            outcomes = list(run(wanted, parts, reference, begin))
    except KeyboardInterrupt:
        say_error("Stopped. Nothing was recorded.")
        raise typer.Exit(130) from None
    console.print(verification_view(outcomes, f"OpenAI's GPT-2, by {parts.title}"))
    states = {outcome.state for outcome in outcomes}
    if not states & {"agrees", "differs", "error", "unknown"}:
        raise typer.Exit(2)
    raise typer.Exit(1 if states & {"differs", "error"} else 0)


def _in_a_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _openai_gpt2(download: bool) -> "Reference":
    """Return GPT-2 from the hub's cache, and download it first if that is wanted.

    Raises:
        CourseError: It is not there and is not to be downloaded, or cannot be; the message says what to do.
    """
    from utils.reference import ReferenceProblem, hub, load

    if not download and not hub.cached_model("gpt2"):
        missing = f"OpenAI's GPT-2 ({hub.SIZES['gpt2']}) is not in the hub's cache on this machine"
        if not _in_a_terminal():
            raise CourseError(f"{missing}. Fetch it once: course verify --download")
        if not typer.confirm(f"{missing}. Download it now, once?"):
            raise CourseError("Nothing was downloaded, so nothing was verified.")
        download = True
    try:
        return load("gpt2", download=download, quiet=True)
    except ReferenceProblem as problem:
        raise CourseError(str(problem)) from problem
