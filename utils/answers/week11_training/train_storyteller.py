"""The answer key of `train_storyteller`: the run in one go, evaluated at regular intervals."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week11_training._pieces import cross_entropy
from utils.checks import week11_training as checks
from utils.checks.fakes.trainer import SmallRun


def _expected(weights, settings, val_batches, every, stops_at):
    total = settings["total_steps"]
    begun = (stops_at // every) * every if stops_at is not None else 0
    run = SmallRun(weights, settings)
    run.train(begun)
    reports = [_report(run, val_batches)]
    for due in range(begun + every, total + every, every):
        run.train(min(due, total) - run.step)
        reports.append(_report(run, val_batches))
    return {
        "step in the checkpoint when it broke off": begun if stops_at is not None else None,
        "reports": reports,
        "steps taken": list(range(begun, total)),
        "step in the checkpoint at the end": total,
        "losses": run.losses,
    }


@torch.no_grad()
def _judge(model, batches):
    losses = torch.cat([cross_entropy(model(batch), batch, "none") for batch in batches])
    return losses.mean().item()


def _report(run, batches, tell=checks.tell):
    return [run.step, _judge(run.model, batches), tell(run.model)]


class _Teller:
    """A whole training in pieces, of which each mistake replaces one."""

    def __init__(self, run, batches, path, every, tell):
        self.run, self.batches, self.path, self.every, self.tell = run, batches, path, every, tell
        self.total = run.settings.total_steps
        self.reports = []

    def restore(self):
        if self.path.is_file():
            self.take()

    def take(self):
        saved = torch.load(self.path, weights_only=True)
        self.run.model.load_state_dict(saved["model"])
        self.run.optimizer.load_state_dict(saved["optimizer"])
        self.run.generator.set_state(saved["generator"])
        self.run.step, self.run.losses = saved["step"], saved["losses"]

    def save(self):
        torch.save(self.run.state(), self.path)

    def report(self):
        self.reports.append(_report(self.run, self.batches, self.tell))

    def before(self):
        self.report()

    def finish(self):
        pass

    def round_length(self):
        return min(self.every, self.total - self.run.step)

    def ongoing(self):
        return self.run.step < self.total

    def go(self):
        self.restore()
        self.before()
        while self.ongoing():
            self.run.train(self.round_length())
            self.save()
            self.report()
        self.finish()
        return self.reports


def _with(**pieces):
    kind = type("Teller", (_Teller,), pieces)
    return lambda *arguments: kind(*arguments).go()


class _AllAtOnce(_Teller):
    def go(self):
        self.restore()
        self.report()
        self.run.train(self.total - self.run.step)
        self.save()
        self.report()
        return self.reports


class _CountsRounds(_Teller):
    def go(self):
        self.restore()
        self.report()
        for _ in range(self.total // self.every):
            self.run.train(self.every)
            self.save()
            self.report()
        return self.reports


class _TrainsTheTotalAgain(_Teller):
    def go(self):
        self.restore()
        self.total += self.run.step
        return super().go()

    def restore(self):
        if not self.reports and self.run.step == 0:
            super().restore()


def _whole(kind):
    return lambda *arguments: kind(*arguments).go()


ANSWER_KEY = AnswerKey(
    check=checks.train_storyteller,
    expected=_expected,
    reference="the run in one go",
    mistakes=(
        Mistake(
            "no report before training",
            "the first report comes after the first round: nobody sees where the run began",
            "before, during and after: a report before the loop",
            _with(before=lambda self: None),
        ),
        Mistake(
            "too many steps",
            "the last round is as long as the others, and runs beyond settings.total_steps",
            "how many steps are left in the last round?",
            _with(round_length=lambda self: self.every),
        ),
        Mistake(
            "last round left out",
            "the steps that do not fill a round are never taken",
            "7 steps in rounds of 3: what about the seventh?",
            _whole(_CountsRounds),
        ),
        Mistake(
            "all in one round",
            "there is no report, and no checkpoint, during the run",
            "every `every` steps",
            _whole(_AllAtOnce),
        ),
        Mistake(
            "checkpoint never read",
            "the run begins anew although there is a checkpoint",
            "what is to happen when the file at `path` exists?",
            _with(restore=lambda self: None),
        ),
        Mistake(
            "checkpoint never written",
            "no checkpoint is written: an interruption loses everything",
            "where does save_checkpoint come in?",
            _with(save=lambda self: None),
        ),
        Mistake(
            "checkpoint only at the end",
            "the checkpoint is written when the run is over: an interruption loses everything",
            "save in each round",
            _with(save=lambda self: None, finish=lambda self: _Teller.save(self)),
        ),
        Mistake(
            "checkpoint required",
            "a run without a checkpoint ends in an error",
            "the first time there is none: path.exists()",
            _with(restore=lambda self: self.take()),
        ),
        Mistake(
            "training loss reported",
            "the reports hold the last batch's loss, not that of the validation batches",
            "evaluate",
            _with(
                report=lambda self: self.reports.append(
                    [self.run.step, (self.run.losses or [0.0])[-1], self.tell(self.run.model)]
                )
            ),
        ),
        Mistake(
            "first validation batch only",
            "the reports hold the loss of the first validation batch",
            "evaluate takes all of them",
            _with(report=lambda self: self.reports.append(_report(self.run, self.batches[:1], self.tell))),
        ),
        Mistake(
            "no story",
            "the story is missing from the reports",
            "(step, validation loss, story): tell(model)",
            _with(report=lambda self: self.reports.append(_report(self.run, self.batches, self.tell)[:2])),
        ),
        Mistake(
            "last report only",
            "one report comes back, the last",
            "a list of all reports",
            lambda *arguments: _Teller(*arguments).go()[-1:],
        ),
        Mistake(
            "a whole run more",
            "after an interruption settings.total_steps more are taken",
            "total_steps counts from the very beginning: what is left of it?",
            _whole(_TrainsTheTotalAgain),
        ),
        Mistake(
            "reports count rounds",
            "the reports count rounds, not steps",
            "trainer.step",
            _with(
                report=lambda self: self.reports.append(
                    [len(self.reports), *_report(self.run, self.batches, self.tell)[1:]]
                )
            ),
        ),
    ),
)
