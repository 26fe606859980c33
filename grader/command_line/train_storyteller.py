"""`course train-storyteller`: trains the course's own model and shows its progress."""

import time
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from grader.folders import find_root
from grader.tools.storyteller.export import WEIGHTS
from grader.tools.storyteller.finish import finish
from grader.tools.storyteller.measure import Measurement
from grader.tools.storyteller.official_parts import official_parts
from grader.tools.storyteller.order import TrainingOptions
from grader.tools.storyteller.recipe import TrainingRecipe
from grader.tools.storyteller.training import Training, begin, read_checkpoint, resume

PACE_STEPS = 12
"""Trial steps that measure the pace when minutes are given; the first third is a warm-up."""
FOR_LEARNING = 0.92
"""The share of the time that steps take; the rest is for stories, reports and checkpoints."""


def run(
    options: TrainingOptions, recipe: TrainingRecipe | None = None, console: Console | None = None
) -> Measurement:
    """Trains a storyteller, or resumes its training, and writes its files.

    Raises:
        CourseError: the options are invalid, or the training failed; its last checkpoint is kept.
        Exit: with code 130 after Ctrl-C.
    """
    console, recipe = console or Console(highlight=False), recipe or TrainingRecipe()
    options.validate()
    try:
        with _progress(console) as progress:
            training = _prepare(options, recipe, _ProgressBar(progress))
            _train(training, console)
        with console.status("writing the files and measuring them"):
            found = finish(training, options)
    except KeyboardInterrupt:
        console.print(_stopped(options.checkpoint))
        raise typer.Exit(130) from None
    console.print(_summary(training, options.output, found))
    return found


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


class _ProgressBar:
    """Moves the progress bar after every step."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task = progress.add_task("telling stories to learn from", total=None, loss="")

    def start(self, trainer: Any) -> None:
        """Replaces the bar by that of a training, from its current step."""
        self.progress.remove_task(self.task)
        total = trainer.settings.total_steps
        self.task = self.progress.add_task("training", total=total, completed=trainer.step, loss="")

    def __call__(self, trainer: Any) -> None:
        recent = trainer.losses[-50:]
        loss = f"loss {sum(recent) / len(recent):.3f}"
        self.progress.update(self.task, completed=trainer.step, loss=loss)


def _prepare(options: TrainingOptions, recipe: TrainingRecipe, progress_bar: _ProgressBar) -> Training:
    parts = official_parts(find_root())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if options.resume:
        training = resume(parts, recipe, options.checkpoint, device, progress_bar, options.tokens)
    else:
        tokens = options.tokens or recipe.tokens
        if options.minutes is not None:
            tokens = _tokens_in(options.minutes, parts, recipe, device)
        training = begin(parts, recipe, options.checkpoint, tokens, device, progress_bar)
    progress_bar.start(training.trainer)
    return training


def _tokens_in(minutes: float, parts: ModuleType, recipe: TrainingRecipe, device: str) -> int:
    """Return the number of tokens that a training of so many minutes can read, by the pace of trial steps."""
    trial = begin(parts, recipe, Path(), PACE_STEPS * recipe.tokens_per_step, device, lambda trainer: None)
    trial.trainer.train(PACE_STEPS // 3)
    began, steps = time.perf_counter(), PACE_STEPS - PACE_STEPS // 3
    trial.trainer.train(steps)
    per_second = steps * recipe.tokens_per_step / (time.perf_counter() - began)
    return int(minutes * 60 * FOR_LEARNING * per_second)


def _train(training: Training, console: Console) -> None:
    trainer, parts, text = training.trainer, training.parts, training.text
    n_tokens = training.recipe.validation_tokens
    floor = text.validation(n_tokens).floor
    batches = [batch.to(trainer.tokens.device) for batch in text.validation_batches(n_tokens)]
    console.print(_plan(training, floor))

    def report(model: Any) -> str:
        loss = parts.evaluate(model, batches)
        story = parts.sample_story(model, text.vocabulary, seed=trainer.step)
        above = f"{loss / floor - 1:.1%} above the entropy"
        console.print(f"step {trainer.step:,}: {loss:.4f} nats, {above}. [dim]{escape(story[:90])}[/]")
        return story

    training.run(batches, report)


def _plan(training: Training, floor: float) -> str:
    settings, model = training.settings, training.trainer.model
    parameters = sum(each.numel() for each in model.parameters())
    return (
        f"{parameters:,} parameters, {settings.total_steps:,} steps of {settings.tokens_per_step:,} tokens. "
        f"The stories' entropy is {floor:.4f} nats per token. "
        f"Ctrl-C stops; --resume goes on from {escape(training.checkpoint.name)}."
    )


def _stopped(checkpoint: Path) -> str:
    if not checkpoint.is_file():
        return "Stopped. There was no checkpoint yet: the training begins anew next time."
    step = read_checkpoint(checkpoint)["step"]
    return f"Stopped. Everything up to step {step:,} is in {escape(str(checkpoint))}; go on with --resume."


def _summary(training: Training, folder: Path, found: Measurement) -> Table:
    settings = training.settings
    table = Table(title="The storyteller", title_justify="left", title_style="bold", show_header=False)
    for name, value in (
        ("folder", escape(str(folder))),
        ("weights", f"{(folder / WEIGHTS).stat().st_size / 1e6:.2f} MB"),
        ("tokens read", f"{settings.total_steps * settings.tokens_per_step:,}"),
        ("validation stories", f"{found.n_stories:,}, of {found.n_tokens:,} tokens together"),
        ("loss of the file", f"{found.loss:.4f} nats per token"),
        ("entropy", f"{found.floor:.4f} nats per token"),
        ("above the entropy", f"{found.above:.1%}"),
    ):
        table.add_row(name, value)
    return table
