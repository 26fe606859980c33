"""One training of the storyteller: begun or taken up again, and brought to its end."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from grader.tools.storyteller.recipe import TrainingRecipe
from grader.tools.storyteller.text import StoryText
from utils.errors import CourseError
from utils.story_world.vocabulary import SharedRowModel
from utils.training import TrainingSettings

Watch = Callable[[Any], None]

OF_THE_PLAN = ("total_steps", "warmup_steps", "max_lr", "min_lr")
"""Settings that say how long a training is and how its rate goes."""


@dataclass(frozen=True)
class Training:
    """A trainer of week 11 with the text that it reads and the file that it can be taken up from."""

    parts: ModuleType
    recipe: TrainingRecipe
    text: StoryText
    trainer: Any
    checkpoint: Path

    @property
    def settings(self) -> TrainingSettings:
        return self.trainer.settings

    def run(self, val_batches: list, tell: Callable[[nn.Module], str]) -> list[tuple[int, float, str]]:
        """Trains to the end by week 11's train_storyteller; returns its reports.

        Raises:
            CourseError: a checkpoint could not be written; the one before it is whole.
        """
        try:
            return self.parts.train_storyteller(
                self.trainer, val_batches, self.checkpoint, self.recipe.report_steps, tell
            )
        except OSError as error:
            raise CourseError(_not_saved(self.checkpoint, error)) from None
        except RuntimeError as error:
            # torch reports a disk that fills up while it writes as an error of its own.
            if "writing" not in str(error) and "write" not in str(error):
                raise
            raise CourseError(_not_saved(self.checkpoint, error)) from None


def begin(
    parts: ModuleType, recipe: TrainingRecipe, checkpoint: Path, tokens: int, device: str, watch: Watch
) -> Training:
    """A training from nothing that is to read about so many tokens."""
    text = StoryText(recipe)
    settings = recipe.settings(text.vocabulary.end_of_text, tokens)
    return _training(parts, recipe, text, settings, checkpoint, device, watch)


def take_up(
    parts: ModuleType,
    recipe: TrainingRecipe,
    checkpoint: Path,
    device: str,
    watch: Watch,
    tokens: int | None = None,
) -> Training:
    """The training of a checkpoint, where it stopped. With `tokens`, it is to be so long in all, whatever was
    planned before; the learning rate then follows the new plan from there on.

    Raises:
        CourseError: the checkpoint is damaged or of another configuration, or has read more than `tokens`.
    """
    saved = read_checkpoint(checkpoint)
    text = StoryText(recipe)
    try:
        settings = TrainingSettings(**saved["settings"])
    except (KeyError, TypeError):
        raise CourseError(_of_another(checkpoint)) from None
    if tokens is not None:
        settings = recipe.settings(text.vocabulary.end_of_text, tokens)
        _plan_anew(saved, settings, checkpoint)
    planned = recipe.settings(text.vocabulary.end_of_text, settings.total_steps * recipe.tokens_per_step)
    training = _training(parts, recipe, text, planned, checkpoint, device, watch)
    try:
        parts.resume(training.trainer, checkpoint)
    except (ValueError, KeyError):
        raise CourseError(_of_another(checkpoint)) from None
    training.trainer.tokens = text.chunk_at(training.trainer.step).to(device)
    return training


def _plan_anew(saved: dict[str, Any], settings: TrainingSettings, checkpoint: Path) -> None:
    """Writes another plan for the rate into the checkpoint; nothing else may differ."""
    wanted = asdict(settings)
    if {**saved["settings"], **{name: wanted[name] for name in OF_THE_PLAN}} != wanted:
        raise CourseError(_of_another(checkpoint))
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
    """What a checkpoint holds.

    Raises:
        CourseError: it is damaged.
    """
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises what it likes at damaged files
        reason = (str(error).splitlines() or [""])[0][:80]
        raise CourseError(
            f"{path} is damaged: it cannot be read ({type(error).__name__}: {reason}). "
            "Put a copy of it back, or delete it and begin anew without --resume."
        ) from None
    if not isinstance(saved, dict):
        raise CourseError(_of_another(path))
    return saved


def _training(
    parts: ModuleType,
    recipe: TrainingRecipe,
    text: StoryText,
    settings: TrainingSettings,
    checkpoint: Path,
    device: str,
    watch: Watch,
) -> Training:
    whole = SharedRowModel(_first_model(parts, recipe, text), text.vocabulary).to(device)

    def after_step(trainer: Any) -> None:
        if text.is_new_chunk(trainer.step) and trainer.step < settings.total_steps:
            trainer.tokens = text.chunk_at(trainer.step).to(device)
        watch(trainer)

    trainer = parts.Trainer(whole, text.chunk_at(0).to(device), settings, after_step)
    return Training(parts, recipe, text, trainer, checkpoint)


def _first_model(parts: ModuleType, recipe: TrainingRecipe, text: StoryText) -> nn.Module:
    """GPT-2's first weights by week 7's init_weights, scaled as the recipe says."""
    model = parts.init_weights(parts.GPT2(recipe.config(text.vocabulary.d_vocab)), recipe.seed)
    with torch.no_grad():
        model.embed.W_E.mul_(recipe.embedding_scale)
        for name, parameter in model.blocks.named_parameters():
            if name.rpartition(".")[2].startswith("W"):
                parameter.mul_(recipe.weights_scale)
    return model


def _of_another(path: Path) -> str:
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
