"""The answer key of `gelu_backward`: autograd through torch's GELU in its tanh form, in float64."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _expected(*, grad_out, x):
    return gradients(lambda wide: F.gelu(wide, approximate="tanh"), [x], grad_out)[0]


ANSWER_KEY = AnswerKey(
    check=checks.gelu_backward,
    expected=_expected,
    reference="torch's autograd in float64",
)
