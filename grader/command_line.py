"""The instructor's commands, which `course` shows beside the students'."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

WEEK = typer.Argument(help="A number (5), a folder (week05_attention) or a notebook's name (attention).")


@app.command()
def build(
    week: Annotated[str | None, WEEK] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; say whether course/ is up to date.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also replace notebooks in which somebody has worked.")
    ] = False,
) -> None:
    """Make the students' notebooks in course/ from the sources in solutions/."""
    from grader import build_command

    build_command.run(week, check=check, overwrite=overwrite)


@app.command()
def demo(week: Annotated[str | None, WEEK] = None) -> None:
    """Release, collect, autograde and give feedback to a sample class, and show its table.

    It works in grader/classroom/demo/, which it makes anew each time; your own class stays as it is.
    """
    from grader import demo_command

    demo_command.run(week)
