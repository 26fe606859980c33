"""Starts or resumes a training of the storyteller, and runs it to its end."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn

from grader.tools.storyteller.recipe import TrainingRecipe
from grader.tools.storyteller.text import StoryText
from utils.errors import CourseError
from utils.story_world.vocabulary import SharedRowModel
from utils.training import TrainingSettings

StepCallback = Callable[[Any], None]
"""A function that is called with the trainer after each step."""

SCHEDULE = ("total_steps", "warmup_steps", "max_lr", "min_lr")
"""The settings of a training's length and learning rate, which may change when it is resumed."""


@dataclass(frozen=True)
class Training:
    """A trainer of week 11 with its text and its checkpoint."""

    parts: ModuleType
    recipe: TrainingRecipe
    text: StoryText
    trainer: Any
    checkpoint: Path

    @property
    def settings(self) -> TrainingSettings:
        """The trainer's settings."""
        return self.trainer.settings

    def run(
        self, val_batches: list[Int[Tensor, "batch seq"]], tell: Callable[[nn.Module], str]
    ) -> list[tuple[int, float, str]]:
        """Trains to the end with week 11's train_storyteller, and returns its reports.

        Args:
            val_batches: the validation stories.
            tell: returns a story sampled from the model, for the reports.

        Raises:
            CourseError: a checkpoint could not be written; the previous one is intact.
        """
        try:
            return self.parts.train_storyteller(
                self.trainer, val_batches, self.checkpoint, self.recipe.report_steps, tell
            )
        except OSError as error:
            raise CourseError(_not_saved(self.checkpoint, error)) from None
        except RuntimeError as error:
            # torch raises RuntimeError when the disk fills up during a write.
            if "writing" not in str(error) and "write" not in str(error):
                raise
            raise CourseError(_not_saved(self.checkpoint, error)) from None


def begin(
    parts: ModuleType,
    recipe: TrainingRecipe,
    checkpoint: Path,
    tokens: int,
    device: str,
    after_step: StepCallback,
) -> Training:
    """Returns a new training on about `tokens` tokens."""
    text = StoryText(recipe)
    settings = recipe.settings(text.vocabulary.end_of_text, tokens)
    return _training(parts, recipe, text, settings, checkpoint, device, after_step)


def resume(
    parts: ModuleType,
    recipe: TrainingRecipe,
    checkpoint: Path,
    device: str,
    after_step: StepCallback,
    tokens: int | None = None,
) -> Training:
    """Returns the training of a checkpoint, at the step where it stopped.

    Args:
        tokens: a new total length, whose learning-rate schedule applies from there on; by default the old.

    Raises:
        CourseError: the checkpoint is damaged, of another configuration, or past `tokens` already.
    """
    saved = read_checkpoint(checkpoint)
    text = StoryText(recipe)
    try:
        settings = TrainingSettings(**saved["settings"])
    except (KeyError, TypeError):
        raise CourseError(_wrong_checkpoint(checkpoint)) from None
    if tokens is not None:
        settings = recipe.settings(text.vocabulary.end_of_text, tokens)
        _reschedule(saved, settings, checkpoint)
    planned = recipe.settings(text.vocabulary.end_of_text, settings.total_steps * recipe.tokens_per_step)
    training = _training(parts, recipe, text, planned, checkpoint, device, after_step)
    try:
        parts.resume(training.trainer, checkpoint)
    except (ValueError, KeyError):
        raise CourseError(_wrong_checkpoint(checkpoint)) from None
    training.trainer.tokens = text.chunk_at(training.trainer.step).to(device)
    return training


def _reschedule(saved: dict[str, Any], settings: TrainingSettings, checkpoint: Path) -> None:
    """Writes another learning-rate schedule into the checkpoint; no other setting may differ."""
    wanted = asdict(settings)
    if {**saved["settings"], **{name: wanted[name] for name in SCHEDULE}} != wanted:
        raise CourseError(_wrong_checkpoint(checkpoint))
    if saved["step"] > settings.total_steps:
        read = saved["step"] * settings.tokens_per_step
        raise CourseError(f"{checkpoint} has read {read:,} tokens already: name a larger number.")
    beside = checkpoint.with_name(checkpoint.name + ".new")
    try:
        torch.save({**saved, "settings": wanted}, beside)
        beside.replace(checkpoint)
    except (OSError, RuntimeError) as error:
        raise CourseError(_not_saved(checkpoint, error)) from None


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Returns the contents of a checkpoint.

    Raises:
        CourseError: it is damaged, or not a checkpoint.
    """
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types on damaged files
        reason = (str(error).splitlines() or [""])[0][:80]
        raise CourseError(
            f"{path} is damaged: it cannot be read ({type(error).__name__}: {reason}). "
            "Put a copy of it back, or delete it and begin anew without --resume."
        ) from None
    if not isinstance(saved, dict):
        raise CourseError(_wrong_checkpoint(path))
    return saved


def _training(
    parts: ModuleType,
    recipe: TrainingRecipe,
    text: StoryText,
    settings: TrainingSettings,
    checkpoint: Path,
    device: str,
    after_step: StepCallback,
) -> Training:
    model = SharedRowModel(_initial_model(parts, recipe, text), text.vocabulary).to(device)

    def renew_text(trainer: Any) -> None:
        if text.is_new_chunk(trainer.step) and trainer.step < settings.total_steps:
            trainer.tokens = text.chunk_at(trainer.step).to(device)
        after_step(trainer)

    trainer = parts.Trainer(model, text.chunk_at(0).to(device), settings, renew_text)
    return Training(parts, recipe, text, trainer, checkpoint)


def _initial_model(parts: ModuleType, recipe: TrainingRecipe, text: StoryText) -> nn.Module:
    """Returns a model with GPT-2's initial weights by week 7's init_weights, scaled by the recipe."""
    model = parts.init_weights(parts.GPT2(recipe.config(text.vocabulary.d_vocab)), recipe.seed)
    with torch.no_grad():
        model.embed.W_E.mul_(recipe.embedding_scale)
        for name, parameter in model.blocks.named_parameters():
            if name.rpartition(".")[2].startswith("W"):
                parameter.mul_(recipe.weights_scale)
    return model


def _wrong_checkpoint(path: Path) -> str:
    return (
        f"{path} belongs to another training: its model or its settings are not those of this version of the "
        "course. Take it up with the version that began it, or delete it and begin anew without --resume."
    )


def _not_saved(path: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or (str(error).splitlines() or [""])[0][:80]
    path.with_name(path.name + ".new").unlink(missing_ok=True)
    kept = f"{path} is whole" if path.is_file() else "No checkpoint had been written yet"
    return (
        f"The training stopped because a checkpoint could not be written: {reason}. {kept}. "
        "Make room, then go on with --resume."
    )
