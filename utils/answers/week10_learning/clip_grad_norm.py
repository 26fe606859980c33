"""The answer key of `clip_grad_norm`: torch's own."""

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week10_learning as checks


def _expected(weights, gradients, max_norm, listed):
    parameters = [nn.Parameter(weight.clone()) for weight in weights]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = None if gradient is None else gradient.clone()
    norm = nn.utils.clip_grad_norm_(parameters, max_norm).item()
    clipped = ["none" if parameter.grad is None else parameter.grad for parameter in parameters]
    return {"norm before": norm, "gradients": clipped, "parameters left as they were": True}


def _given(parameters):
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _together(given):
    """The square root of the sum of all squares."""
    return sum((gradient * gradient).sum() for gradient in given) ** 0.5


def _shrunk(given, factor):
    for gradient in given:
        gradient.copy_(gradient * factor)


def _by(factor, norm=_together, returned=None):
    """All gradients multiplied by `factor(norm, max_norm)`; `returned(norm, given)` comes back."""

    def wrong(parameters, max_norm):
        given = _given(parameters)
        length = norm(given)
        _shrunk(given, factor(length, max_norm))
        return returned(length, given) if returned else length

    return wrong


def _factor(norm, max_norm):
    return min(1.0, float(max_norm / (norm + 1e-6)))


def _each_for_itself(parameters, max_norm):
    given = _given(parameters)
    norm = _together(given)
    for gradient in given:
        gradient.copy_(gradient * _factor(gradient.norm(), max_norm))
    return norm


def _by_value(parameters, max_norm):
    given = _given(parameters)
    norm = _together(given)
    for gradient in given:
        gradient.clamp_(-max_norm, max_norm)
    return norm


def _measured_only(parameters, max_norm):
    return _together(_given(parameters))


def _copies(parameters, max_norm):
    given = [gradient.clone() for gradient in _given(parameters)]
    norm = _together(given)
    _shrunk(given, _factor(norm, max_norm))
    return norm, given


def _used_up(parameters, max_norm):
    norm = _together([parameter.grad for parameter in parameters if parameter.grad is not None])
    _shrunk(_given(parameters), _factor(norm, max_norm))
    return norm


def _without_asking(parameters, max_norm):
    given = [parameter.grad for parameter in parameters]
    norm = torch.stack([(gradient * gradient).sum() for gradient in given]).sum() ** 0.5
    _shrunk(given, _factor(norm, max_norm))
    return norm


def _of_the_parameters(parameters, max_norm):
    members = list(parameters)
    norm = _together([parameter.detach() for parameter in members])
    _shrunk(_given(members), _factor(norm, max_norm))
    return norm


def _parameters_shrunk(parameters, max_norm):
    members = list(parameters)
    norm = _together(_given(members))
    with torch.no_grad():
        for parameter in members:
            parameter.mul_(_factor(norm, max_norm))
    return norm


ANSWER_KEY = AnswerKey(
    check=checks.clip_grad_norm,
    expected=_expected,
    reference="torch's clip_grad_norm_",
    mistakes=(
        Mistake(
            "parameter by parameter",
            "each parameter's gradient is clipped for itself, which turns the step's direction",
            "one norm over all gradients together, and one factor for all",
            _each_for_itself,
        ),
        Mistake(
            "values clipped",
            "each number is clipped to max_norm; the norm is that of all numbers together",
            "the direction should stay as it is, and only the length change",
            _by_value,
        ),
        Mistake(
            "small gradients grow",
            "gradients with a norm below max_norm are stretched to it",
            "at most max_norm: what happens to gradients that are short enough?",
            _by(lambda norm, max_norm: max_norm / (norm + 1e-6)),
        ),
        Mistake(
            "the wrong ones clipped",
            "gradients that are short enough are changed, and long ones are left",
            "min or max, < or >?",
            _by(lambda norm, max_norm: max(1.0, float(max_norm / (norm + 1e-6)))),
        ),
        Mistake(
            "multiplied by max_norm",
            "the gradients are multiplied by max_norm; they should be max_norm long afterwards",
            "by which factor does a length of 6 become a length of 2?",
            _by(lambda norm, max_norm: max_norm if norm > max_norm else 1.0),
        ),
        Mistake(
            "divided by the norm",
            "gradients that are too long become 1 long, whatever max_norm is",
            "by which factor does a length of 6 become a length of 2?",
            _by(lambda norm, max_norm: 1 / norm if norm > max_norm else 1.0),
        ),
        Mistake(
            "nothing divided by nothing",
            "gradients of 0 become NaN: their norm is 0, and 0/0 is not a number",
            "is there any need to multiply when the norm is small enough?",
            _by(lambda norm, max_norm: max_norm / norm if norm > max_norm or norm == 0 else 1.0),
        ),
        Mistake(
            "norms added up",
            "the parameters' norms are added; the norm of all numbers together is shorter",
            "two sides of a right angle, 3 and 4: how long is the third?",
            _by(_factor, norm=lambda given: sum(gradient.norm() for gradient in given)),
        ),
        Mistake(
            "largest norm",
            "the largest of the parameters' norms is taken for that of all together",
            "two sides of a right angle, 3 and 4: how long is the third?",
            _by(_factor, norm=lambda given: max(gradient.norm() for gradient in given)),
        ),
        Mistake(
            "no root",
            "the sum of the squares is taken for the norm: its root is missing",
            "the length of (3, 4) is 5",
            _by(_factor, norm=lambda given: _together(given) ** 2),
        ),
        Mistake(
            "sizes added up",
            "the sizes of all numbers are added: that is another norm, the sum of sizes",
            "the length of (3, 4) is 5",
            _by(_factor, norm=lambda given: sum(gradient.abs().sum() for gradient in given)),
        ),
        Mistake(
            "largest number",
            "the largest number of all gradients is taken for their norm",
            "the length of (3, 4) is 5",
            _by(_factor, norm=lambda given: max(gradient.abs().max() for gradient in given)),
        ),
        Mistake(
            "mean of the squares",
            "the squares are averaged, not added up",
            "does a vector's length grow with the number of its entries?",
            _by(
                _factor,
                norm=lambda given: _together(given) / sum(gradient.numel() for gradient in given) ** 0.5,
            ),
        ),
        Mistake(
            "first parameter's norm",
            "the norm of the first gradient alone is measured",
            "one norm over all gradients together",
            _by(_factor, norm=lambda given: given[0].norm()),
        ),
        Mistake(
            "norm afterwards",
            "the norm after clipping comes back",
            "to see when training becomes wild one needs the norm before",
            _by(_factor, returned=lambda norm, given: _together(given)),
        ),
        Mistake(
            "factor returned",
            "the factor comes back, not the norm",
            "which number tells how wild the gradients were?",
            lambda parameters, max_norm: _factor(_by(_factor)(parameters, max_norm), max_norm),
        ),
        Mistake(
            "only measured",
            "the norm is right, and the gradients stay as they were",
            "`a = a * b` makes a new tensor. Which ways are there to change one in place?",
            _measured_only,
        ),
        Mistake(
            "copies clipped",
            "copies of the gradients are clipped and come back along with the norm",
            "in place: whoever has the parameters sees the clipped gradients",
            _copies,
        ),
        Mistake(
            "parameters gone through twice",
            "the second loop finds nothing: model.parameters() can be gone through only once",
            "make a list of it first",
            _used_up,
        ),
        Mistake(
            "no gradient is an error",
            "a parameter whose .grad is None ends in an error",
            "what should happen to such a parameter?",
            _without_asking,
        ),
        Mistake(
            "norm of the parameters",
            "the norm of the parameters is measured, not that of their gradients",
            "where does .grad come in?",
            _of_the_parameters,
        ),
        Mistake(
            "parameters shrunk",
            "the parameters are multiplied by the factor, not their gradients",
            "where does .grad come in?",
            _parameters_shrunk,
        ),
    ),
)
