"""The answer key of `train_storyteller`: the run in one go, evaluated at regular intervals."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.week11_training._pieces import cross_entropy
from utils.checks import week11_training as checks
from utils.checks.fakes.trainer import SmallRun


def _expected(*, weights, settings, val_batches, every, stops_at):
    total = settings["total_steps"]
    begun = (stops_at // every) * every if stops_at is not None else 0
    if stops_at == total:  # a finished run, whose last round may have been shorter
        begun = total
    run = SmallRun(weights, settings)
    run.train(begun)
    reports = [_report(run, val_batches)]
    for due in range(begun + every, total + every, every):
        run.train(min(due, total) - run.step)
        reports.append(_report(run, val_batches))
    return {
        "step in the checkpoint when it broke off": begun or None,  # None if there is none yet
        "reports": reports,
        "steps taken": list(range(begun, total)),
        "step in the checkpoint at the end": total,
        "losses": run.losses,
    }


@torch.no_grad()
def _judge(model, batches):
    losses = torch.cat(
        [cross_entropy(logits=model(batch), tokens=batch, reduction="none") for batch in batches]
    )
    return losses.mean().item()


def _report(run, batches, tell=checks.tell):
    return [run.step, _judge(run.model, batches), tell(run.model)]


ANSWER_KEY = AnswerKey(
    check=checks.train_storyteller,
    expected=_expected,
    reference="the run in one go",
)
