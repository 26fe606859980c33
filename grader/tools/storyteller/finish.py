"""Finishes a training: writes the files, measures the model and puts it in place."""

import shutil
from pathlib import Path

from safetensors import SafetensorError

from grader.tools.storyteller.abilities import measure_abilities
from grader.tools.storyteller.card import Facts, card
from grader.tools.storyteller.export import export, put_in_place, seal
from grader.tools.storyteller.measure import Measurement, measure
from grader.tools.storyteller.order import TrainingOptions
from grader.tools.storyteller.training import Training
from utils.errors import CourseError


def finish(training: Training, options: TrainingOptions) -> Measurement:
    """Writes the model's files beside the output folder, measures the model, and moves it into place.

    Raises:
        CourseError: a file cannot be written, for example on a full disk; the checkpoint is kept.
    """
    try:
        shutil.rmtree(options.draft, ignore_errors=True)
        found = _write(training, options.draft)
        put_in_place(options.draft, options.output)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(
            f"{options.output} could not be written: {reason}. The trained model is safe in "
            f"{options.checkpoint}. Make room, then run the same line with --resume."
        ) from None
    finally:
        shutil.rmtree(options.draft, ignore_errors=True)
    options.checkpoint.unlink()
    return found


def _write(training: Training, folder: Path) -> Measurement:
    text, recipe = training.text, training.recipe
    model = training.trainer.model.to("cpu").model
    export(folder, model.state_dict(), model.config, text.vocabulary)
    found = measure(folder, text.validation(recipe.final_tokens), training.parts.evaluate)
    facts = Facts(
        recipe=recipe,
        settings=training.settings,
        parameters=sum(each.numel() for each in model.parameters()),
        ids=len(text.vocabulary.used),
        measured=found,
        abilities=measure_abilities(folder, recipe.card_stories),
    )
    seal(folder, card(facts))
    return found
