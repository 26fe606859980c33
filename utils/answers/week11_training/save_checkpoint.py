"""The answer key of `save_checkpoint`: the run's own state, read back from the file."""

import os
import shutil
from dataclasses import asdict

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week11_training as checks
from utils.checks.fakes.trainer import SmallRun


def _expected(weights, settings, steps, disk, earlier):
    if disk == "full":
        return {"the earlier checkpoint": "whole", "raises": "OSError"}
    if disk != "free":
        return {"steps in the file, one after the other": [earlier, steps]}
    run = SmallRun(weights, settings)
    run.train(steps)
    return {"files": ["run.pt"], "file": "a dict", **_everything(run)}


def _everything(run):
    sizes = {"config": asdict(run.model.config), "settings": asdict(run.settings)}
    learned = {"model": dict(run.model.state_dict()), "optimizer": run.optimizer.state_dict()}
    count = {"generator": run.generator.get_state(), "step": run.step, "losses": list(run.losses)}
    return sizes | learned | count


def _put(content, path):
    """Write a temporary file beside the target and rename it, which is right."""
    draft = path.parent / "draft"
    torch.save(content, draft)
    draft.rename(path)


def _without(*names):
    def wrong(run, path):
        _put({name: value for name, value in _everything(run).items() if name not in names}, path)

    return wrong


def _in_place(run, path):
    torch.save(_everything(run), path)


def _removed_first(run, path):
    draft = path.parent / "draft"
    torch.save(_everything(run), draft)
    path.unlink(missing_ok=True)
    draft.rename(path)


def _old_one_removed_first(run, path):
    path.unlink(missing_ok=True)
    _put(_everything(run), path)


def _draft_left_behind(run, path):
    draft = path.parent / "draft"
    torch.save(_everything(run), draft)
    shutil.copy(draft, path)


def _nobody_hears(run, path):
    try:
        _put(_everything(run), path)
    except OSError:
        return


def _in_place_and_nobody_hears(run, path):
    try:
        _in_place(run, path)
    except OSError:
        return


def _objects(run, path):
    _put(_everything(run) | {"settings": run.settings, "optimizer": run.optimizer}, path)


def _rounded(run, path):
    small = {name: value.half() for name, value in run.model.state_dict().items()}
    _put(_everything(run) | {"model": small}, path)


def _parameters_listed(run, path):
    _put(_everything(run) | {"model": [each.detach() for each in run.model.parameters()]}, path)


def _last_loss(run, path):
    _put(_everything(run) | {"losses": run.losses[-1:]}, path)


def _first_seed(run, path):
    fresh = torch.Generator().manual_seed(run.settings.seed)
    _put(_everything(run) | {"generator": fresh.get_state()}, path)


def _global_state(run, path):
    _put(_everything(run) | {"generator": torch.get_rng_state()}, path)


def _model_alone(run, path):
    _put(dict(run.model.state_dict()), path)


def _another_place(run, path):
    _put(_everything(run), path)
    os.replace(path, path.with_suffix(".new"))  # noqa: PTH105 - the call that the advice names


ANSWER_KEY = AnswerKey(
    check=checks.save_checkpoint,
    expected=_expected,
    tolerance=EXACT,
    reference="the run itself",
    mistakes=(
        Mistake(
            "the earlier file removed first",
            "the earlier file is removed before the new one is in its place: for a moment there is none",
            "which function puts one file in the place of another in a single step?",
            _removed_first,
        ),
        Mistake(
            "optimiser left out",
            "AdamW's moments are not in the file: after a resume its steps would be others",
            "the optimiser has a state_dict too",
            _without("optimizer"),
        ),
        Mistake(
            "step left out",
            "the step is not in the file: the learning rate would warm up again",
            "what does lr_schedule need to know?",
            _without("step"),
        ),
        Mistake(
            "generator left out",
            "the generator's state is not in the file: the first batches would come again",
            "generator.get_state() says where the generator is",
            _without("generator"),
        ),
        Mistake(
            "losses left out",
            "the losses so far are not in the file: the curve would begin anew",
            "the table of names in the exercise",
            _without("losses"),
        ),
        Mistake(
            "settings left out",
            "the settings are not in the file: nobody could tell whether it fits a run",
            "dataclasses.asdict makes a dict of them",
            _without("settings"),
        ),
        Mistake(
            "config left out",
            "the model's sizes are not in the file: nobody could tell whether it fits a model",
            "dataclasses.asdict makes a dict of trainer.model.config",
            _without("config"),
        ),
        Mistake(
            "weights left out",
            "the model's weights are not in the file",
            "model.state_dict()",
            _without("model"),
        ),
        Mistake(
            "model and optimiser only",
            "the usual two are there; step, generator and losses are not",
            "what else does the next step depend on?",
            _without("step", "generator", "losses", "settings", "config"),
        ),
        Mistake(
            "the weights themselves are the dict",
            "the file holds the model's state dict and nothing else",
            "one dict, with the model's state dict under one of seven names",
            _model_alone,
        ),
        Mistake(
            "written in place",
            "the file is written over the earlier one: when the disk is full, both are lost",
            "write to another name in the same folder first; os.replace then puts it in place at one stroke",
            _in_place,
        ),
        Mistake(
            "earlier one removed first",
            "the earlier checkpoint is removed before the new one is written: for a moment there is none",
            "os.replace replaces what is there",
            _old_one_removed_first,
        ),
        Mistake(
            "second file left behind",
            "the file that was written first is still there beside the checkpoint",
            "move it into place, do not copy it",
            _draft_left_behind,
        ),
        Mistake(
            "failure kept quiet",
            "when the disk is full nobody hears of it, and everybody believes that the run is safe",
            "leave the OSError alone: whoever called has to know",
            _nobody_hears,
        ),
        Mistake(
            "damaged without a word",
            "when the disk is full the earlier checkpoint is lost, and nobody hears of it",
            "write to another name first, and leave the OSError alone",
            _in_place_and_nobody_hears,
        ),
        Mistake(
            "objects in the file",
            "the file holds Python objects, which torch.load(weights_only=True) refuses to run",
            "dicts, lists, numbers and tensors only: asdict(…), state_dict()",
            _objects,
        ),
        Mistake(
            "weights rounded",
            "the weights are saved in half precision: what goes on from there is another run",
            "bit for bit: save them as they are",
            _rounded,
        ),
        Mistake(
            "weights without names",
            "the weights are saved as a list",
            "model.state_dict() keeps their names",
            _parameters_listed,
        ),
        Mistake(
            "last loss only",
            "only the last loss is saved",
            "the whole list, so that the curve is whole",
            _last_loss,
        ),
        Mistake(
            "generator as it was at the start",
            "the state of a generator that has just been seeded is saved",
            "the state of the trainer's own generator, as it is now",
            _first_seed,
        ),
        Mistake(
            "torch's global generator",
            "the state of torch's global generator is saved",
            "the batches are drawn with the trainer's own generator",
            _global_state,
        ),
    ),
)
