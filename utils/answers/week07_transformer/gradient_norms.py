"""The answer key of `gradient_norms`: difference quotients of the loss, in float64, number by number."""

import copy

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week07_transformer as checks
from utils.checks.fakes.model import FakeModel

_STEP = 1e-5
"""To either side: the error of a quotient is of the order of its square."""


def _expected_norms(*, weights, tokens, stale):
    model = copy.deepcopy(FakeModel(weights)).double()
    with torch.no_grad():
        return torch.tensor([_norm(model, block, tokens) for block in model.blocks])


def _norm(model, block, tokens):
    numbers = [parameter.view(-1)[i] for parameter in block.parameters() for i in range(parameter.numel())]
    return sum(_derivative(model, number, tokens) ** 2 for number in numbers) ** 0.5


def _derivative(model, number, tokens):
    """Return how fast the loss grows with one number of the model, which is left as it was."""
    kept, losses = number.clone(), []
    for moved in (kept + _STEP, kept - _STEP):
        number.copy_(moved)
        losses.append(_loss(model, tokens))
    number.copy_(kept)
    return (losses[0] - losses[1]) / (2 * _STEP)


def _loss(model, tokens):
    probabilities = model(tokens)[:, :-1].softmax(dim=-1)
    return -probabilities.gather(-1, tokens[:, 1:, None]).log().mean().item()


ANSWER_KEY = AnswerKey(
    check=checks.gradient_norms,
    expected=_expected_norms,
    reference="the loss's difference quotients",
)
