"""The end of a training: its files written, measured and put in place."""

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


def finish(training: Training, order: TrainingOptions) -> Measurement:
    """Writes the model's files beside the ordered folder, measures them, and puts them in place.

    Raises:
        CourseError: the disk is full, say; the checkpoint still holds the trained model.
    """
    try:
        shutil.rmtree(order.draft, ignore_errors=True)
        found = _write(training, order.draft)
        put_in_place(order.draft, order.output)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CourseError(
            f"{order.output} could not be written: {reason}. The trained model is safe in "
            f"{order.checkpoint}. Make room, then run the same line with --resume."
        ) from None
    finally:
        shutil.rmtree(order.draft, ignore_errors=True)
    order.checkpoint.unlink()
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
