"""The answer key of `gelu_backward`: autograd through torch's GELU in its tanh form, in float64."""

import math

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks

_ROOT, _CUBE = math.sqrt(2 / math.pi), 0.044715


def _expected(grad_out, x):
    return gradients(lambda wide: F.gelu(wide, approximate="tanh"), [x], grad_out)[0]


def _inside(x):
    """Return the argument of the tanh."""
    return _ROOT * x + _ROOT * _CUBE * x.pow(3)


def _inner(x):
    """Return the derivative of `_inside`."""
    return _ROOT * torch.addcmul(torch.ones_like(x), x, x, value=3 * _CUBE)


def _steepness(x):
    return torch.cosh(_inside(x).clamp(-300, 300)).pow(-2)


def _wrong(first=None, second=None):
    """Return a mistake in one of the derivative's two terms."""

    def slope(grad_out, x):
        one = 0.5 + 0.5 * _inside(x).tanh() if first is None else first(x)
        other = x / 2 * _steepness(x) * _inner(x) if second is None else second(x)
        return grad_out * (one + other)

    return slope


def _by_exponentials(grad_out, x):
    powers = (2 * _inside(x)).exp()
    steep = 4 * powers / (powers + 1).square()
    return grad_out * (0.5 * (1 + _inside(x).tanh()) + x / 2 * steep * _inner(x))


def _of(slope):
    return lambda grad_out, x: grad_out * slope(x)


def _below(x):
    """Return the standard normal distribution function at x."""
    return torch.special.ndtr(x)


def _gate(x):
    return torch.sigmoid(1.702 * x)


ANSWER_KEY = AnswerKey(
    check=checks.gelu_backward,
    expected=_expected,
    reference="torch's autograd in float64",
    mistakes=(
        Mistake(
            "grad_out forgotten",
            "the slope of GELU comes back; it is not multiplied by grad_out",
            "the chain rule: what came from behind, times the slope here",
            lambda grad_out, x: _wrong()(torch.ones_like(x), x),
        ),
        Mistake(
            "grad_out added",
            "grad_out is added to the slope, not multiplied by it",
            "the chain rule: what came from behind, times the slope here",
            lambda grad_out, x: _wrong()(torch.ones_like(x), x) + grad_out,
        ),
        Mistake(
            "arguments swapped",
            "the slope is taken at grad_out, and multiplied by x",
            "which of the two went into the GELU on the way forward?",
            lambda grad_out, x: _wrong()(x, grad_out),
        ),
        Mistake(
            "GELU, not its slope",
            "grad_out is multiplied by GELU of x, not by its slope",
            "how much does the output change when x does?",
            _of(lambda x: F.gelu(x, approximate="tanh")),
        ),
        Mistake(
            "first term only",
            "the tanh is treated as a constant: the second half of the product rule is missing",
            "x stands in two places of the formula",
            _wrong(second=torch.zeros_like),
        ),
        Mistake(
            "second term only",
            "the x in front is treated as a constant: the first half of the product rule is missing",
            "x stands in two places of the formula",
            _wrong(first=torch.zeros_like),
        ),
        Mistake(
            "inner slope forgotten",
            "the slope of what is inside the tanh is missing",
            "the chain rule once more: the tanh is not taken of x itself",
            _wrong(second=lambda x: x / 2 * _steepness(x)),
        ),
        Mistake(
            "root missing inside",
            "the slope of what is inside the tanh has lost its √(2/π)",
            "which factor stands in front of the bracket?",
            _wrong(second=lambda x: x / 2 * _steepness(x) * _inner(x) / _ROOT),
        ),
        Mistake(
            "cube's 3 missing",
            "the slope of x³ is taken for x²",
            "what is the derivative of x³?",
            _wrong(second=lambda x: x / 2 * _steepness(x) * _ROOT * (1 + _CUBE * x.square())),
        ),
        Mistake(
            "x instead of its square",
            "the slope of x³ is taken for 3x",
            "what is the derivative of x³?",
            _wrong(second=lambda x: x / 2 * _steepness(x) * _ROOT * (1 + 3 * _CUBE * x)),
        ),
        Mistake(
            "cube left out",
            "the slope of what is inside the tanh is √(2/π) alone, without the cube's share",
            "what is the derivative of 0.044715 x³?",
            _wrong(second=lambda x: x / 2 * _steepness(x) * _ROOT),
        ),
        Mistake(
            "half missing",
            "the second term is twice as large: its 0.5 is missing",
            "the 0.5 in front multiplies both terms",
            _wrong(second=lambda x: x * _steepness(x) * _inner(x)),
        ),
        Mistake(
            "x missing in the second term",
            "the second term has lost its x",
            "product rule: x times the slope of the rest",
            _wrong(second=lambda x: _steepness(x) * _inner(x) / 2),
        ),
        Mistake(
            "tanh not squared",
            "the slope of tanh is taken for 1 − tanh",
            "how steep is tanh far out on the left? 1 − tanh is 2 there",
            _wrong(second=lambda x: x / 2 * (1 - _inside(x).tanh()) * _inner(x)),
        ),
        Mistake(
            "1 plus tanh²",
            "the slope of tanh is taken for 1 + tanh²",
            "how steep is tanh far out, where it is flat?",
            _wrong(second=lambda x: x / 2 * (1 + _inside(x).tanh().square()) * _inner(x)),
        ),
        Mistake(
            "tanh of x",
            "the slope of tanh is taken at x, not at what the tanh is taken of",
            "at which number does the tanh stand on the way forward?",
            _wrong(second=lambda x: x / 2 * (1 - x.tanh().square()) * _inner(x)),
        ),
        Mistake(
            "1 missing in the first term",
            "the first term is tanh/2: its 1 is missing",
            "how steep is GELU far out on the right?",
            _wrong(first=lambda x: 0.5 * _inside(x).tanh()),
        ),
        Mistake(
            "exact GELU",
            "this is the slope of the exact GELU, with erf; GPT-2's has tanh",
            "which of its two forms does GPT-2 use?",
            _of(lambda x: _below(x) + x * (-x.square() / 2).exp() / math.sqrt(2 * math.pi)),
        ),
        Mistake(
            "ReLU",
            "this is the slope of ReLU: 0 below 0, 1 above",
            "GELU bends gently",
            _of(lambda x: torch.heaviside(x, x.new_tensor(0.5))),
        ),
        Mistake(
            "sigmoid form",
            "this is the slope of x · sigmoid(1.702 x)",
            "which of its forms does GPT-2 use?",
            _of(lambda x: _gate(x) * (1 + 1.702 * x * (1 - _gate(x)))),
        ),
        Mistake(
            "exponentials too large",
            "e to the power of a large number is inf, and inf/inf is NaN",
            "torch.tanh copes with any number: can you get by with its square?",
            _by_exponentials,
        ),
    ),
)
