"""The answer key of `resume`: the run that never stopped."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week11_training as checks
from utils.checks.fakes.trainer import SmallRun


def _expected(*, weights, other_weights, settings, done, more, changed):
    if changed != "nothing":
        run = SmallRun(other_weights, settings)
        run.train(1 + more)  # as if nobody had called `resume`
        refused = {"raises": "ValueError", "the trainer is as it was": True}
        return {**refused, "losses": run.losses, "weights": run.model.numbers()}
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


_BITS = Tolerance(1e-6, 1e-7, "the continuation is compared bit for bit in its own process; this is for ours")

ANSWER_KEY = AnswerKey(
    check=checks.resume,
    expected=_expected,
    tolerance=_BITS,
    reference="the run that never stopped",
)
