"""The answer key of `gradient_check`: central differences in float64, all of them at once."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week10_learning as checks


def _expected(kind, x, W, gradient, step):
    measured = _measured(lambda at: checks.LOSSES[kind](at, W.double()), x.double(), step)
    return float(_apart(gradient.double(), measured))


def _measured(loss_of, x, step, ahead=1.0, behind=1.0, width=2.0, moves=None):
    """Return the difference quotients, from one large batch of shifted inputs."""
    moves = torch.eye(x.numel(), dtype=x.dtype) if moves is None else moves
    moves = step * moves.reshape(-1, *x.shape)
    after = torch.stack([loss_of(x + ahead * move) for move in moves])
    before = torch.stack([loss_of(x - behind * move) for move in moves])
    return ((after - before) / (width * step)).reshape(x.shape if len(moves) == x.numel() else (-1,))


def _apart(one, other):
    """Return the norm of the difference divided by the sum of both norms."""
    lengths = one.norm() + other.norm()
    return (one - other).norm() / lengths if lengths else lengths


def _with(compare=_apart, prepare=torch.Tensor.double, **how):
    """Return a mistake that measures or compares in another way."""

    def wrong(loss_of, x, gradient, step):
        at = prepare(x)
        return compare(gradient.to(at.dtype), _measured(loss_of, at, step, **how)).item()

    return wrong


def _never_put_back(loss_of, x, gradient, step):
    at, found = x.double().clone(), torch.zeros(x.shape, dtype=torch.float64)
    for place in range(at.numel()):
        at.view(-1)[place] += step
        after = loss_of(at)
        at.view(-1)[place] -= 2 * step
        found.view(-1)[place] = (after - loss_of(at)) / (2 * step)
    return _apart(gradient, found).item()


def _put_back_half_way(loss_of, x, gradient, step):
    at, found = x.double().clone(), torch.zeros(x.shape, dtype=torch.float64)
    for place in range(at.numel()):
        before = loss_of(at)
        at.view(-1)[place] += step
        found.view(-1)[place] = (loss_of(at) - before) / step
    return _apart(gradient, found).item()


def _own_step(loss_of, x, gradient, step):
    return _with()(loss_of, x, gradient, 1e-5)


def _all_at_once(loss_of, x, gradient, step):
    wide = x.double()
    slope = (loss_of(wide + step) - loss_of(wide - step)) / (2 * step)
    return _apart(gradient.double(), slope.expand(x.shape)).item()


def _first_only(loss_of, x, gradient, step):
    found = _measured(loss_of, x.double(), step)
    found.view(-1)[1:] = 0
    return _apart(gradient.double(), found).item()


def _no_zero(one, other):
    return (one - other).norm() / (one.norm() + other.norm())


ANSWER_KEY = AnswerKey(
    check=checks.gradient_check,
    expected=_expected,
    reference="central differences in float64",
    mistakes=(
        Mistake(
            "one-sided",
            "the loss is measured at x and one step further on, not on both sides of x",
            "central differences: one step up and one step down",
            _with(behind=0.0, width=1.0),
        ),
        Mistake(
            "one-sided, divided by two steps",
            "the loss is measured at x and one step further on, and the difference is divided by two steps",
            "how far apart are the two places at which you ask for the loss?",
            _with(behind=0.0),
        ),
        Mistake(
            "divided by one step",
            "the difference is divided by one step; the two places are two steps apart",
            "how far apart are the two places at which you ask for the loss?",
            _with(width=1.0),
        ),
        Mistake(
            "signs swapped",
            "the loss below is given the plus and the loss above the minus",
            "if the loss grows with x, what is the sign of its slope?",
            _with(ahead=-1.0, behind=-1.0),
        ),
        Mistake(
            "never put back",
            "each entry stays where it was moved to while the next ones are measured",
            "one entry at a time: how does the tensor look when the second one's turn comes?",
            _never_put_back,
        ),
        Mistake(
            "one-sided and never put back",
            "each entry is moved up by one step and stays there",
            "one entry at a time, and on both sides of x",
            _put_back_half_way,
        ),
        Mistake(
            "float32 kept",
            "the losses are computed in float32, whose seven digits are too few for a small step",
            "which dtype has digits enough for the difference of two nearly equal numbers?",
            _with(prepare=torch.clone),
        ),
        Mistake(
            "a step of its own",
            "the step is 0.00001 whatever is passed",
            "where does `step` come in?",
            _own_step,
        ),
        Mistake(
            "all entries at once",
            "all entries are moved together: that measures the sum of the gradient's entries",
            "how many numbers does a gradient have, and how many does one pair of losses give?",
            _all_at_once,
        ),
        Mistake(
            "first entry only",
            "only the first entry is measured",
            "does `return` stand inside the loop?",
            _first_only,
        ),
        Mistake(
            "not relative",
            "the length of the difference comes back as it is, not in units of the two lengths",
            "is an error of 0.1 large? That depends on what it is an error of",
            _with(lambda one, other: (one - other).norm()),
        ),
        Mistake(
            "one length below",
            "the difference is divided by the length of the measured gradient alone",
            "two lengths are added in the denominator",
            _with(lambda one, other: (one - other).norm() / other.norm() if other.any() else other.norm()),
        ),
        Mistake(
            "length of the sum",
            "the difference is divided by the length of the sum, not by the sum of the lengths",
            "two opposite gradients: what should come out for them?",
            _with(
                lambda one, other: (one - other).norm() / (one + other).norm() if one.any() else one.norm()
            ),
        ),
        Mistake(
            "squares without a root",
            "the squared lengths are compared; the roots are missing",
            "the length of a vector is the root of the sum of its squares",
            _with(
                lambda one, other: (
                    (one - other).square().sum() / (one.square().sum() + other.square().sum())
                    if one.any()
                    else one.sum()
                )
            ),
        ),
        Mistake(
            "largest entry",
            "the largest single difference comes back, not the length of all of them",
            "which norm is asked for?",
            _with(lambda one, other: (one - other).abs().max()),
        ),
        Mistake(
            "mean difference",
            "the mean of the differences' sizes comes back",
            "which norm is asked for?",
            _with(lambda one, other: (one - other).abs().mean()),
        ),
        Mistake(
            "lengths compared",
            "only the two lengths are compared, so that a gradient of the opposite sign counts as right",
            "first the difference, then its length",
            _with(
                lambda one, other: (
                    (one.norm() - other.norm()).abs() / (one.norm() + other.norm())
                    if one.any()
                    else one.sum()
                )
            ),
        ),
        Mistake(
            "nothing divided by nothing",
            "two gradients of 0 give 0/0",
            "what should come out when both agree that nothing changes?",
            _with(_no_zero),
        ),
        Mistake(
            "true or false",
            "what comes back says only whether the two are close",
            "a number: how far apart?",
            lambda loss_of, x, gradient, step: torch.allclose(
                gradient.double(), _measured(loss_of, x.double(), step), atol=1e-4
            ),
        ),
    ),
)
