"""The answer key of `each_position_alone`: derivatives by other positions' numbers, which must be 0."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week04_mlp as checks
from utils.checks.fakes.mixing_layers import mixing_layer


def _expected_alone(*, mixing, x, W):
    layer = mixing_layer(mixing, W.double())
    jacobian = torch.autograd.functional.jacobian(layer, x[:1].double())
    reached = jacobian.abs().sum(dim=(0, 2, 3, 5))  # [position out, position in]
    return bool(torch.equal(reached, reached.diag().diag()))


ANSWER_KEY = AnswerKey(
    check=checks.each_position_alone,
    expected=_expected_alone,
    reference="the layers' derivatives",
    tolerance=EXACT,
)
