"""The answer key of `save_checkpoint`: the run's own state, read back from the file."""

from dataclasses import asdict

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week11_training as checks
from utils.checks.fakes.trainer import SmallRun


def _expected(*, weights, settings, steps, disk, earlier):
    if disk == "full":
        return {"the earlier checkpoint": "whole", "raises": "OSError", "step in the file": earlier}
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


ANSWER_KEY = AnswerKey(
    check=checks.save_checkpoint,
    expected=_expected,
    tolerance=EXACT,
    reference="the run itself",
)
