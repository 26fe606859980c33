"""The answer key of `resume`: the run that never stopped."""

from dataclasses import asdict

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import Tolerance
from utils.checks import week11_training as checks
from utils.checks.fakes.trainable_model import SmallModel
from utils.checks.fakes.trainer import SmallRun


def _expected(weights, other_weights, settings, done, more, changed):
    if changed != "nothing":
        return {"raises": "ValueError", "the trainer is as it was": True}
    run = SmallRun(weights, settings)
    run.train(done)
    so_far = list(run.losses)
    run.train(more)
    return {
        "step": done,
        "losses so far": so_far,
        "losses": run.losses,
        "weights": run.model.numbers(),
        "the same to the last bit": True,
    }


def _refuse(run, saved, problem=ValueError):
    for name, mine in (("config", run.model.config), ("settings", run.settings)):
        if saved[name] != asdict(mine):
            raise problem(f"other {name}")


def _load(path):
    return torch.load(path, weights_only=True)


_STEPS = ("model", "optimizer", "generator", "step", "losses")


def _take(run, saved, names=_STEPS):
    """Restore the named parts of a checkpoint."""
    loaders = {"model": run.model, "optimizer": run.optimizer}
    for name in names:
        if name in loaders:
            loaders[name].load_state_dict(saved[name])
        elif name == "generator":
            run.generator.set_state(saved[name])
        else:
            setattr(run, name, saved[name])


def _without(*names):
    def wrong(run, path):
        saved = _load(path)
        _refuse(run, saved)
        _take(run, saved, [name for name in _STEPS if name not in names])

    return wrong


def _then(change, names=_STEPS):
    """Return a right resume followed by a change."""

    def wrong(run, path):
        saved = _load(path)
        _refuse(run, saved)
        _take(run, saved, names)
        change(run, saved)

    return wrong


def _next_step(run, saved):
    run.step += 1


def _reseeded(run, saved):
    run.generator.manual_seed(run.settings.seed)


def _losses_appended(run, saved):
    run.losses = run.losses + saved["losses"]


def _another_model(run, saved):
    fresh = SmallModel(run.model.numbers())
    fresh.load_state_dict(saved["model"])
    run.model = fresh


def _never_refuses(run, path):
    _take(run, _load(path))


def _refuses_too_late(run, path):
    saved = _load(path)
    _take(run, saved)
    _refuse(run, saved)


def _asserts(run, path):
    saved = _load(path)
    _refuse(run, saved, AssertionError)
    _take(run, saved)


def _goes_on_without(run, path):
    saved = _load(path)
    try:
        _refuse(run, saved)
    except ValueError:
        return
    _take(run, saved)


def _looks_at(*names):
    """Return a resume that refuses a checkpoint for these reasons only."""

    def wrong(run, path):
        saved = _load(path)
        mine = {"config": asdict(run.model.config), "settings": asdict(run.settings)}
        if any(saved[name] != mine[name] for name in names):
            raise ValueError(names)
        _take(run, saved)

    return wrong


_BITS = Tolerance(1e-6, 1e-7, "the continuation is compared bit for bit in its own process; this is for ours")

ANSWER_KEY = AnswerKey(
    check=checks.resume,
    expected=_expected,
    tolerance=_BITS,
    reference="the run that never stopped",
    mistakes=(
        Mistake(
            "optimiser not restored",
            "the weights are there, but AdamW begins with empty moments",
            "the optimiser has a load_state_dict too",
            _without("optimizer"),
        ),
        Mistake(
            "step not restored",
            "the run counts its steps from where this trainer was: learning rate and end are wrong",
            "trainer.step",
            _without("step"),
        ),
        Mistake(
            "generator not restored",
            "the next batches are others than in the run that never stopped",
            "generator.set_state",
            _without("generator"),
        ),
        Mistake(
            "losses not restored",
            "the losses before the interruption are missing",
            "trainer.losses",
            _without("losses"),
        ),
        Mistake(
            "weights not restored",
            "the model keeps its own weights",
            "model.load_state_dict",
            _without("model"),
        ),
        Mistake(
            "weights only",
            "only the weights are restored",
            "five things make a run: the table in the exercise names them",
            _without("optimizer", "generator", "step", "losses"),
        ),
        Mistake(
            "weights and optimiser only",
            "step, generator and losses are not restored",
            "five things make a run: the table in the exercise names them",
            _without("generator", "step", "losses"),
        ),
        Mistake(
            "one step too far",
            "the run goes on one step further than it was",
            "step is the number of steps done, which is also the number of the next one",
            _then(_next_step),
        ),
        Mistake(
            "generator seeded anew",
            "the first batches come again",
            "the generator's state is in the checkpoint",
            _then(_reseeded),
        ),
        Mistake(
            "losses appended",
            "the trainer's own losses stay in front of those of the checkpoint",
            "the checkpoint's losses replace the trainer's",
            _then(_losses_appended),
        ),
        Mistake(
            "another model object",
            "the weights are loaded into a new model, and the optimiser goes on training the old one",
            "load into trainer.model: the optimiser holds its parameters",
            _then(_another_model),
        ),
        Mistake(
            "never refuses",
            "a checkpoint of another model or of other settings is taken without a word",
            "compare both dicts with those of the trainer before anything is loaded",
            _never_refuses,
        ),
        Mistake(
            "refuses too late",
            "when the checkpoint is refused, half of it has already been loaded",
            "first compare, then load",
            _refuses_too_late,
        ),
        Mistake(
            "assert",
            "assert raises AssertionError, and vanishes when Python runs with -O",
            "raise ValueError, with a sentence",
            _asserts,
        ),
        Mistake(
            "goes on without the checkpoint",
            "a checkpoint that does not fit is skipped: hours of training would begin anew, unnoticed",
            "raise ValueError: whoever called has to know",
            _goes_on_without,
        ),
        Mistake(
            "settings not compared",
            "a checkpoint of other settings is taken",
            "two dicts have to be equal: config and settings",
            _looks_at("config"),
        ),
        Mistake(
            "config not compared",
            "a checkpoint of another model is taken",
            "two dicts have to be equal: config and settings",
            _looks_at("settings"),
        ),
    ),
)
