"""The instructor's commands, which `course` shows beside the students'."""

from pathlib import Path
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


@app.command("train-storyteller")
def train_storyteller(
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Train for about so long, instead of the usual hour or two.")
    ] = None,
    tokens: Annotated[int | None, typer.Option(min=1, help="Train on about so many tokens.")] = None,
    output: Annotated[Path, typer.Option(help="The folder that the finished model is to be.")] = Path(
        "storyteller"
    ),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier training of this folder stopped.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the folder when the training is over.")
    ] = False,
) -> None:
    """Train the course's own small GPT-2 from nothing, by the code of week 11, and write it in HF's format.

    Ctrl-C stops it, and --resume takes it up again: a checkpoint is written every minute or so.
    """
    from grader.storyteller import command
    from grader.storyteller.order import Order

    command.run(Order(output.expanduser().absolute(), minutes, tokens, resume, overwrite))
