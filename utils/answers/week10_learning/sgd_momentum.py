"""The answer key of `sgd_momentum`: torch's own SGD."""

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week10_learning as checks


def _expected(weights, gradients, lrs, momentum):
    parameters = [nn.Parameter(weight.clone()) for weight in weights]
    optimizer = torch.optim.SGD(parameters, lr=lrs[0], momentum=momentum)
    seen = {}
    for number, (lr, given) in enumerate(zip(lrs, gradients, strict=True), start=1):
        optimizer.param_groups[0]["lr"] = lr
        for parameter, gradient in zip(parameters, given, strict=True):
            parameter.grad = None if gradient is None else gradient.clone()
        optimizer.step()
        seen[f"parameters after step {number}"] = [each.detach().clone() for each in parameters]
    return {**seen, "gradients left as they were": True}


def _pairs(parameters, velocities):
    return list(zip(parameters, velocities, strict=True))


def _wrong(move, none="skip"):
    """`move(parameter, velocity, gradient, lr, momentum)` for each parameter, in place."""

    @torch.no_grad()
    def wrong(parameters, velocities, lr, momentum):
        for parameter, velocity in _pairs(parameters, velocities):
            gradient = parameter.grad
            if gradient is None and none == "skip":
                continue
            move(
                parameter,
                velocity,
                torch.zeros_like(parameter) if none == "zero" and gradient is None else gradient,
                lr,
                momentum,
            )

    return wrong  # fmt: skip


def _right(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(momentum * velocity + gradient)
    parameter.add_(velocity, alpha=-lr)


def _no_momentum(parameter, velocity, gradient, lr, momentum):
    parameter.add_(gradient, alpha=-lr)


def _never_slower(parameter, velocity, gradient, lr, momentum):
    velocity.add_(gradient)
    parameter.add_(velocity, alpha=-lr)


def _rate_inside(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(momentum * velocity + lr * gradient)
    parameter.add_(velocity, alpha=-1)


def _rate_twice(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(momentum * velocity + lr * gradient)
    parameter.add_(velocity, alpha=-lr)


def _no_rate(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(momentum * velocity + gradient)
    parameter.sub_(velocity)


def _nesterov(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(momentum * velocity + gradient)
    parameter.add_(gradient + momentum * velocity, alpha=-lr)


def _averaged(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(momentum * velocity + (1 - momentum) * gradient)
    parameter.add_(velocity, alpha=-lr)


def _uphill(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(momentum * velocity + gradient)
    parameter.add_(velocity, alpha=lr)


def _velocity_turned(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(gradient - momentum * velocity)
    parameter.add_(velocity, alpha=-lr)


def _both_slowed(parameter, velocity, gradient, lr, momentum):
    velocity.add_(gradient).mul_(momentum)
    parameter.add_(velocity, alpha=-lr)


def _one_step_late(parameter, velocity, gradient, lr, momentum):
    parameter.add_(velocity, alpha=-lr)
    velocity.copy_(momentum * velocity + gradient)


def _gradient_and_velocity(parameter, velocity, gradient, lr, momentum):
    velocity.copy_(momentum * velocity + gradient)
    parameter.add_(velocity + gradient, alpha=-lr)


def _in_the_gradient(parameter, velocity, gradient, lr, momentum):
    gradient.add_(velocity, alpha=momentum)
    velocity.copy_(gradient)
    parameter.add_(gradient, alpha=-lr)


def _gradients_thrown_away(parameters, velocities, lr, momentum):
    _wrong(_right)(parameters, velocities, lr, momentum)
    for parameter in parameters:
        parameter.grad = None


def _rebound(parameters, velocities, lr, momentum):
    for parameter, velocity in _pairs(parameters, velocities):
        if parameter.grad is not None:
            velocity = momentum * velocity + parameter.grad
            parameter = parameter - lr * velocity


@torch.enable_grad()
def _recorded(parameters, velocities, lr, momentum):
    for parameter, velocity in _pairs(parameters, velocities):
        if parameter.grad is not None:
            velocity.mul_(momentum).add_(parameter.grad)
            parameter -= lr * velocity


def _first_parameter(parameters, velocities, lr, momentum):
    _wrong(_right)(parameters[:1], velocities[:1], lr, momentum)


ANSWER_KEY = AnswerKey(
    check=checks.sgd_momentum,
    expected=_expected,
    reference="torch.optim.SGD",
    mistakes=(
        Mistake(
            "no momentum",
            "each step follows its own gradient alone: the velocity has no say, or is not kept",
            "the tensors in `velocities` are all that the next call knows of this one",
            _wrong(_no_momentum),
        ),
        Mistake(
            "never slower",
            "the old velocity is not multiplied by momentum, so that every gradient counts for ever",
            "how much of the old velocity is left after one step?",
            _wrong(_never_slower),
        ),
        Mistake(
            "learning rate inside the velocity",
            "the gradient is multiplied by lr before it joins the velocity: old steps keep their old lr",
            "when lr changes, does the whole velocity count with the new one?",
            _wrong(_rate_inside),
        ),
        Mistake(
            "learning rate twice",
            "lr multiplies the gradient and then the velocity once more",
            "in which of the two lines does lr stand?",
            _wrong(_rate_twice),
        ),
        Mistake(
            "no learning rate",
            "the whole velocity is subtracted, without lr",
            "where does lr come in?",
            _wrong(_no_rate),
        ),
        Mistake(
            "Nesterov's momentum",
            "the step looks ahead by one more velocity: that is Nesterov's form",
            "plain momentum: the step is lr times the velocity",
            _wrong(_nesterov),
        ),
        Mistake(
            "a running mean",
            "the gradient joins with the weight 1 − momentum, as in Adam",
            "here the gradient joins the velocity whole",
            _wrong(_averaged),
        ),
        Mistake(
            "uphill",
            "the velocity is added to the parameters: the loss grows",
            "which way does a gradient point?",
            _wrong(_uphill),
        ),
        Mistake(
            "velocity turned round",
            "the old velocity is subtracted from the gradient, not added to it",
            "momentum keeps going the way it went",
            _wrong(_velocity_turned),
        ),
        Mistake(
            "new gradient slowed, too",
            "the new gradient is multiplied by momentum as well",
            "which of the two is old?",
            _wrong(_both_slowed),
        ),
        Mistake(
            "one step late",
            "the parameters move by the old velocity; the new gradient counts from the next step on",
            "which comes first: the new velocity or the step?",
            _wrong(_one_step_late),
        ),
        Mistake(
            "gradient counted twice",
            "the parameters move by the velocity and by the gradient",
            "the gradient is in the velocity already",
            _wrong(_gradient_and_velocity),
        ),
        Mistake(
            "gradient changed",
            "the velocity is added to .grad itself: whoever looks at it afterwards sees another",
            "does an operation that ends in _ work on .grad?",
            _wrong(_in_the_gradient),
        ),
        Mistake(
            "gradients thrown away",
            "the gradients are gone after the step: to empty them is the caller's business",
            "gradients stay as they are",
            _gradients_thrown_away,
        ),
        Mistake(
            "no gradient taken for 0",
            "a parameter without a gradient moves on by its old velocity",
            "what should happen to a parameter whose .grad is None?",
            _wrong(_right, none="zero"),
        ),
        Mistake(
            "no gradient is an error",
            "a parameter whose .grad is None ends in an error",
            "what should happen to such a parameter?",
            _wrong(_right, none="use"),
        ),
        Mistake(
            "nothing moves",
            "new tensors get the old names, and the parameters themselves stay where they are",
            "`a = a - b` makes a new tensor. Which ways are there to change one in place?",
            _rebound,
        ),
        Mistake(
            "recorded by autograd",
            "the step is taken with recording on, which torch forbids for parameters",
            "which context of torch switches recording off?",
            _recorded,
        ),
        Mistake(
            "first parameter only",
            "only the first parameter moves",
            "does `return` or `break` stand inside the loop?",
            _first_parameter,
        ),
    ),
)
