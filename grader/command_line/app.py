"""The instructor's commands, which `course` shows beside the students'."""

from pathlib import Path
from typing import Annotated

import typer

from utils.weeks import find_week

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
    from grader.command_line import build

    build.run(week, check=check, overwrite=overwrite)


@app.command()
def demo(week: Annotated[str | None, WEEK] = None) -> None:
    """Release, collect, autograde and give feedback to a sample class, and show its table.

    It works in grader/classroom/demo/, which it makes anew each time; your own class stays as it is.
    """
    from grader.command_line import demo

    demo.run(week)


@app.command()
def grade(
    week: Annotated[str, WEEK],
    student: Annotated[
        list[str] | None, typer.Option(help="Grade this student alone; may be given several times.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes to start; 0 takes one for each processor core.")
    ] = 0,
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask scheduler whose workers grade, in place of processes here.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Also grade again what has not changed.")] = False,
    trusted: Annotated[
        bool,
        typer.Option(
            "--trusted", help="You trust every submission: grade also where no sandbox protects you."
        ),
    ] = False,
) -> None:
    """Grade what the class has handed in for WEEK, and show its table.

    Only what is new or has changed is graded. Ctrl-C stops it at any moment; the same command goes on with
    the rest. It ends with exit code 1 when a submission could not be graded; a former grade of it stays.

    Example: `course grade 5`
    """
    from contextlib import closing, nullcontext

    from grader.class_run.options import ClassRunOptions
    from grader.class_run.worker_server import WorkerServer

    options = ClassRunOptions(find_week(week), tuple(student or ()), workers, scheduler, force, trusted)
    # Started first: it imports PyTorch while this process imports nbgrader and plans the run.
    early_start = (
        nullcontext() if scheduler else closing(WorkerServer(("grader.autograde.grade", "distributed")))
    )
    with early_start as server:
        from grader.command_line import grade

        grade.run(options, server=server)


@app.command()
def report(
    week: Annotated[str, WEEK],
    csv: Annotated[
        Path | None, typer.Option(help="Write the grades to this file, for a spreadsheet.", metavar="FILE")
    ] = None,
) -> None:
    """Show what grading WEEK has brought: the table, each exercise, common mistakes, what to look at.

    Example: `course report 5 --csv week05.csv`
    """
    from grader.command_line import report

    report.run(find_week(week), csv)


@app.command()
def extend(
    week: Annotated[str, WEEK],
    student: Annotated[str, typer.Argument(help="The student's name, as in the class's table.")],
    days: Annotated[
        float, typer.Option(min=0, max=366, help="Days more than the class has; 0 takes an extension back.")
    ],
) -> None:
    """Give one STUDENT more time for WEEK than the class has.

    It takes the place of an earlier extension. Grade the week again: the penalty is then made anew.

    Example: `course extend 5 ada --days 2`
    """
    from grader.command_line import extension

    extension.run(find_week(week), student, days)


@app.command()
def bundle(
    weeks: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WEEK]...", help="Numbers, folders or names; by default every week."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The archive to write; by default here, named after its weeks.")
    ] = None,
) -> None:
    """Make a zip archive for students: the notebooks of these weeks and what they need, and nothing else.

    It holds no solutions, no tests, no grader, and nothing of weeks that are not named.

    Example: `course bundle 1 2 3`
    """
    from grader.command_line import bundle

    bundle.run([find_week(week) for week in weeks or ()], output)


@app.command()
def status(
    weeks: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WEEK]...", help="The weeks to measure, with --time; by default every week."),
    ] = None,
    time: Annotated[
        bool,
        typer.Option(
            "--time", help="First run the notebooks with solutions and their checks, note time and memory."
        ),
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Put the tables into README.md.")] = False,
) -> None:
    """Show the course in numbers: exercises, points, mistakes with names, right variants, time and memory.

    --time runs each week's notebook, demonstrations included, with the storyteller and, where it is in the
    hub's cache, with GPT-2. Keep the machine free of other work meanwhile.

    Example: `course status 7 8 --time --write`
    """
    from grader.command_line import status

    status.run([find_week(week) for week in weeks or ()], measure=time, write=write)


@app.command()
def mutate(
    weeks: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WEEK]...", help="Numbers, folders or names; by default every week."),
    ] = None,
    check: Annotated[str, typer.Option(help="One check alone, by its name.")] = "",
    seeds: Annotated[int, typer.Option(min=1, max=50, help="Hidden seeds for each mutant.")] = 20,
    jobs: Annotated[int, typer.Option(min=1, help="Processes; each takes a week at a time.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Also run again what has not changed.")] = False,
) -> None:
    """Prove the checks: run small changes of the solutions before them, on public and on hidden cases.

    Only exercises whose solution, check or answer key has changed are run; the results are kept in
    solutions/mutation_results.json. It ends with exit code 1 when a change passes in public and fails
    hidden cases, or survives both without a reason in solutions/WEEK/survivors.toml.

    Example: `course mutate 5 --check causal_mask`
    """
    from grader.command_line import mutate

    mutate.run(mutate.MutationOptions(tuple(weeks or ()), check, seeds, jobs, force))


@app.command("train-storyteller")
def train_storyteller(
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Train for about so long, instead of the usual hour or two.")
    ] = None,
    tokens: Annotated[
        int | None, typer.Option(min=1, help="Train on about so many tokens; with --resume, in all.")
    ] = None,
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
    from grader.command_line import train_storyteller
    from grader.tools.storyteller.order import TrainingOptions

    train_storyteller.run(TrainingOptions(output.expanduser().absolute(), minutes, tokens, resume, overwrite))
