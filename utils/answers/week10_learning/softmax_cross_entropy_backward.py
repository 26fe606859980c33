"""The answer key of `softmax_cross_entropy_backward`: autograd through torch's cross-entropy, in float64."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _expected(*, logits, targets):
    return gradients(lambda wide: F.cross_entropy(wide.flatten(0, 1), targets.flatten()), [logits])[0]


ANSWER_KEY = AnswerKey(
    check=checks.softmax_cross_entropy_backward,
    expected=_expected,
    reference="torch's autograd in float64",
)
