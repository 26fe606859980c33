"""The end of a training: its files written, measured and put in place."""

import shutil

from safetensors import SafetensorError

from grader.storyteller.card import SAMPLES, Facts, card
from grader.storyteller.export import export, put_in_place
from grader.storyteller.measure import Measurement, measure
from grader.storyteller.order import Order
from grader.storyteller.training import Training
from utils.errors import CourseError


def finish(training: Training, order: Order) -> Measurement:
    """Writes the model's files beside the ordered folder, measures them, and puts them in place.

    Raises:
        CourseError: the disk is full, say; the checkpoint still holds the trained model.
    """
    text = training.text.validation(training.recipe.final_tokens)
    try:
        shutil.rmtree(order.draft, ignore_errors=True)
        _write(training, order)
        found = measure(order.draft, text, training.parts.evaluate)
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


def _write(training: Training, order: Order) -> None:
    parts, text, recipe = training.parts, training.text, training.recipe
    model = training.trainer.model.to("cpu")
    facts = Facts(
        recipe=recipe,
        settings=training.settings,
        parameters=sum(each.numel() for each in model.parameters()),
        ids=len(text.vocabulary.used),
        loss=parts.evaluate(model, text.validation_batches(recipe.final_tokens)),
        floor=text.validation(recipe.final_tokens).floor,
        stories=[
            parts.sample_story(model, text.vocabulary, n_new=recipe.n_ctx, seed=seed)
            for seed in range(SAMPLES)
        ],
    )
    export(order.draft, model.model.state_dict(), model.config, text.vocabulary, card(facts))
