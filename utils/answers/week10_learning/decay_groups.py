"""The answer key of `decay_groups`: the rule of the exercise, on the names that the case itself gives."""

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week10_learning as checks


def _expected(*, shapes, tied, weight_decay):
    decaying = {name for name in shapes if f".{name}".split(".")[-1][0] == "W"}
    return [
        {"weight_decay": weight_decay, "params": sorted(decaying)},
        {"weight_decay": 0.0, "params": sorted(set(shapes) - decaying)},
    ]


def _normalise(groups):
    """Return the groups with the largest decay first, since their order does not matter."""
    return sorted(groups, key=lambda group: (-group["weight_decay"], group["params"]))


ANSWER_KEY = AnswerKey(
    check=checks.decay_groups,
    expected=_expected,
    reference="the rule of the exercise",
    tolerance=EXACT,
    normalise=_normalise,
)
