"""The answer key of `AdamW`: torch's own, step by step."""

import math

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week10_learning as checks


def _expected(weights, gradients, groups, lrs, settings, reload):
    parameters = [nn.Parameter(weight.clone()) for weight in weights]
    named = [
        {"params": [parameters[i] for i in group["members"]], "weight_decay": group["weight_decay"]}
        for group in groups
    ]
    optimizer = torch.optim.AdamW(named, lr=lrs[0], **settings)
    seen = {}
    for number, (lr, given) in enumerate(zip(lrs, gradients, strict=True), start=1):
        for group in optimizer.param_groups:
            group["lr"] = lr
        for parameter, gradient in zip(parameters, given, strict=True):
            parameter.grad = None if gradient is None else gradient.clone()
        optimizer.step()
        if number in (1, 2, len(gradients) // 2, len(gradients)):
            seen[f"parameters after step {number}"] = [each.detach().clone() for each in parameters]
    return {**seen, "gradients left as they were": True, "gradients gone after zero_grad": True}


class _AdamW:
    """AdamW in pieces, of which each mistake replaces one."""

    def __init__(self, groups, lr, betas=(0.9, 0.999), eps=1e-8):
        self.members = [(p, group["weight_decay"]) for group in groups for p in group["params"]]
        self.lr, self.betas, self.eps = lr, betas, eps
        self.counts = [self.first_count for _ in self.members]
        self.m = [torch.zeros_like(p) for p, _ in self.members]
        self.v = [torch.zeros_like(p) for p, _ in self.members]

    first_count = 0

    def new_mean(self, m, g):
        return self.betas[0] * m + (1 - self.betas[0]) * g

    def new_square(self, v, g):
        return self.betas[1] * v + (1 - self.betas[1]) * g * g

    def corrections(self):
        return tuple(1 - beta**self.count for beta in self.betas)

    def direction(self, m, v, g):
        of_mean, of_square = self.corrections()
        return (m / of_mean) / ((v / of_square) ** 0.5 + self.eps)

    def move(self, p, decay, step):
        p.copy_(p - self.lr * decay * p - self.lr * step)

    def ready(self, p):
        return p.grad is not None

    def next_count(self, place):
        return self.counts[place] + 1

    def gradient(self, p, decay):
        return p.grad

    @torch.no_grad()
    def step(self):
        for place, (p, decay) in enumerate(self.members):
            if self.ready(p):
                self.count = self.counts[place] = self.next_count(place)
                g = self.gradient(p, decay)
                self.m[place], self.v[place] = (
                    self.new_mean(self.m[place], g),
                    self.new_square(self.v[place], g),
                )
                self.move(p, decay, self.direction(self.m[place], self.v[place], g))

    def zero_grad(self):
        for p, _ in self.members:
            p.grad = None

    def state_dict(self):
        return {"counts": self.counts, "lr": self.lr, "m": self.m, "v": self.v}

    def load_state_dict(self, state):
        for name, value in state.items():
            setattr(self, name, value)


def _with(**pieces):
    return type("AdamW", (_AdamW,), pieces)


def _corrected(mean, square):
    """Return a bias correction of only the moments that are True."""
    return lambda self: tuple(
        1 - beta**self.count if wanted else 1.0
        for beta, wanted in zip(self.betas, (mean, square), strict=True)
    )


def _state(*names):
    """Return a state_dict that holds only these entries."""
    return _with(state_dict=lambda self: {name: getattr(self, name) for name in names})


def _first_decay(self, groups, lr, betas=(0.9, 0.999), eps=1e-8):
    _AdamW.__init__(self, groups, lr, betas, eps)
    self.members = [(p, groups[0]["weight_decay"]) for p, _ in self.members]


def _own_betas(self, groups, lr, betas=(0.9, 0.95), eps=1e-8):
    _AdamW.__init__(self, groups, lr, betas, eps)


def _betas_ignored(self, groups, lr, betas=(0.9, 0.999), eps=1e-8):
    _AdamW.__init__(self, groups, lr, (0.9, 0.999), eps)


def _eps_ignored(self, groups, lr, betas=(0.9, 0.999), eps=1e-8):
    _AdamW.__init__(self, groups, lr, betas, 1e-8)


def _rate_fixed(self, groups, lr, betas=(0.9, 0.999), eps=1e-8):
    _AdamW.__init__(self, groups, lr, betas, eps)
    self.kept_lr = lr


def _with_kept_rate(self, p, decay, step):
    p.copy_(p - self.kept_lr * decay * p - self.kept_lr * step)


def _counted_for_all(self):
    """One counter, which grows once a step, whichever parameters have a gradient."""
    self.counts = [max(self.counts, default=0)] * len(self.counts)
    if not any(p.grad is not None for p, _ in self.members):
        self.counts = [count + 1 for count in self.counts]
    _AdamW.step(self)


def _counted_once_more(self, place):
    """One counter, which grows with each parameter."""
    return max(self.counts) + 1


def _decays_anyway(self):
    for p, decay in self.members:
        if p.grad is None:
            p.data.mul_(1 - self.lr * decay)
    _AdamW.step(self)


def _gradients_clipped(self):
    for p, _ in self.members:
        if p.grad is not None:
            p.grad.clamp_(-1e-4, 1e-4)
    _AdamW.step(self)


def _root_of_eps(self, m, v, g):
    of_mean, of_square = self.corrections()
    return (m / of_mean) / (v / of_square + self.eps) ** 0.5


def _eps_before_correction(self, m, v, g):
    of_mean, of_square = self.corrections()
    return (m / of_mean) * math.sqrt(of_square) / (v**0.5 + self.eps)


def _no_root(self, m, v, g):
    of_mean, of_square = self.corrections()
    return (m / of_mean) / (v / of_square + self.eps)


def _no_eps(self, m, v, g):
    of_mean, of_square = self.corrections()
    return (m / of_mean) / (v / of_square) ** 0.5


def _of_the_gradient(self, m, v, g):
    return g / ((v / self.corrections()[1]) ** 0.5 + self.eps)


def _mean_alone(self, m, v, g):
    return m / self.corrections()[0]


ANSWER_KEY = AnswerKey(
    check=checks.AdamW,
    expected=_expected,
    reference="torch.optim.AdamW",
    mistakes=(
        Mistake(
            "no bias correction",
            "neither moment is corrected for having begun at 0",
            "after one step the mean is only 1 − β₁ of the gradient: divide by what is missing",
            _with(corrections=_corrected(False, False)),
        ),
        Mistake(
            "mean not corrected",
            "only the mean of the squares is corrected for having begun at 0",
            "both moments begin at 0",
            _with(corrections=_corrected(False, True)),
        ),
        Mistake(
            "squares not corrected",
            "only the mean of the gradients is corrected for having begun at 0",
            "both moments begin at 0",
            _with(corrections=_corrected(True, False)),
        ),
        Mistake(
            "correction of the first step for ever",
            "the correction is 1 − β at every step: its power is missing",
            "how much of the first 0 is left in the mean after t steps?",
            _with(corrections=lambda self: tuple(1 - beta for beta in self.betas)),
        ),
        Mistake(
            "t starts at 0",
            "the first step counts as step 0: its correction is 1 − β⁰ = 0, and something is divided by it",
            "which number does the first step have?",
            _with(first_count=-1),
        ),
        Mistake(
            "t starts at 2",
            "the first step counts as the second",
            "what does the counter say before the first step, and where does it grow?",
            _with(first_count=1),
        ),
        Mistake(
            "counted for each parameter",
            "one counter of steps grows with each parameter, so that one step counts several times",
            "how many steps has this parameter taken?",
            _with(next_count=_counted_once_more),
        ),
        Mistake(
            "one counter for all parameters",
            "a parameter whose first gradient comes late is corrected as if it had had one in every step",
            "how many steps has this parameter taken? Its moments have begun at 0 only then",
            _with(step=_counted_for_all),
        ),
        Mistake(
            "eps inside the root",
            "eps is added under the root",
            "first the root, then eps",
            _with(direction=_root_of_eps),
        ),
        Mistake(
            "eps before the correction",
            "eps is added before the mean of the squares is corrected, and is corrected along with it",
            "first correct, then the root, then eps",
            _with(direction=_eps_before_correction),
        ),
        Mistake(
            "eps left out",
            "without eps a gradient of 0 gives 0/0",
            "what keeps the denominator above 0?",
            _with(direction=_no_eps),
        ),
        Mistake(
            "eps always 1e-8",
            "eps is 1e-8 whatever is passed",
            "which eps does the step use?",
            _with(__init__=_eps_ignored),
        ),
        Mistake(
            "no root",
            "the step is divided by the mean of the squares, not by its root",
            "a step that does not depend on the gradients' scale: which power of the squares is that?",
            _with(direction=_no_root),
        ),
        Mistake(
            "gradient instead of its mean",
            "the step follows the newest gradient: the mean of the gradients is not used",
            "two moments: which one stands above the line?",
            _with(direction=_of_the_gradient),
        ),
        Mistake(
            "squares unused",
            "the step is not divided by the root of the mean of the squares",
            "two moments: which one stands below the line?",
            _with(direction=_mean_alone),
        ),
        Mistake(
            "gradient joins whole",
            "the gradient joins its mean with weight 1, as in SGD's momentum",
            "the two weights of a running mean add up to 1",
            _with(new_mean=lambda self, m, g: self.betas[0] * m + g),
        ),
        Mistake(
            "squares not squared",
            "the second moment collects gradients, not their squares",
            "the root of a negative number is NaN",
            _with(new_square=lambda self, v, g: self.betas[1] * v + (1 - self.betas[1]) * g),
        ),
        Mistake(
            "sizes instead of squares",
            "the second moment collects the gradients' sizes, not their squares",
            "a root is taken of it later",
            _with(new_square=lambda self, v, g: self.betas[1] * v + (1 - self.betas[1]) * g.abs()),
        ),
        Mistake(
            "squares of the mean",
            "the second moment is the square of the first, not a mean of squares",
            "what is squared: each gradient, or their mean?",
            _with(new_square=lambda self, v, g: v * 0 + g * g),
        ),
        Mistake(
            "betas swapped",
            "β₁ belongs to the squares here and β₂ to the gradients",
            "which of the two is remembered longer?",
            _with(
                new_mean=lambda self, m, g: self.betas[1] * m + (1 - self.betas[1]) * g,
                new_square=lambda self, v, g: self.betas[0] * v + (1 - self.betas[0]) * g * g,
                corrections=lambda self: tuple(1 - beta**self.count for beta in self.betas[::-1]),
            ),
        ),
        Mistake(
            "weights of the mean swapped",
            "the new gradient joins with β and the old mean with 1 − β",
            "with β = 0.9, does the past count 9 parts in 10, or 1?",
            _with(
                new_mean=lambda self, m, g: (1 - self.betas[0]) * m + self.betas[0] * g,
                new_square=lambda self, v, g: (1 - self.betas[1]) * v + self.betas[1] * g * g,
            ),
        ),
        Mistake(
            "betas always 0.9 and 0.999",
            "the betas are 0.9 and 0.999 whatever is passed",
            "which betas does the step use?",
            _with(__init__=_betas_ignored),
        ),
        Mistake(
            "other betas by default",
            "without betas it takes others than 0.9 and 0.999",
            "the defaults in the signature",
            _with(__init__=_own_betas),
        ),
        Mistake(
            "decay through the gradient",
            "the decay is added to the gradient, as in plain Adam: the moments see it and scale it away",
            "decoupled: the weights shrink by themselves, and the gradients know nothing of it",
            _with(
                gradient=lambda self, p, decay: p.grad + decay * p,
                move=lambda self, p, decay, step: p.sub_(self.lr * step),
            ),
        ),
        Mistake(
            "no decay",
            "the weights do not decay",
            "what is each group's weight_decay for?",
            _with(move=lambda self, p, decay, step: p.sub_(self.lr * step)),
        ),
        Mistake(
            "decay without the learning rate",
            "the weights shrink by weight_decay itself; lr is missing",
            "a small lr makes small steps: also towards 0",
            _with(move=lambda self, p, decay, step: p.copy_(p - decay * p - self.lr * step)),
        ),
        Mistake(
            "decay after the step",
            "the weights shrink after the step, so that the step shrinks with them",
            "which of the two comes first?",
            _with(move=lambda self, p, decay, step: p.copy_((p - self.lr * step) * (1 - self.lr * decay))),
        ),
        Mistake(
            "weights grow",
            "the decay has the wrong sign: the weights grow by it",
            "towards 0, or away from it?",
            _with(move=lambda self, p, decay, step: p.copy_(p + self.lr * decay * p - self.lr * step)),
        ),
        Mistake(
            "first group's decay for all",
            "every group decays as the first one does",
            "each group has a weight_decay of its own",
            _with(__init__=_first_decay),
        ),
        Mistake(
            "uphill",
            "the step is added: the loss grows",
            "which way does a gradient point?",
            _with(move=lambda self, p, decay, step: p.copy_(p - self.lr * decay * p + self.lr * step)),
        ),
        Mistake(
            "learning rate fixed",
            "the learning rate of the beginning is used for ever; optimizer.lr may change between steps",
            "which lr does the step use?",
            _with(__init__=_rate_fixed, move=_with_kept_rate),
        ),
        Mistake(
            "no gradient is an error",
            "a parameter whose .grad is None ends in an error",
            "what should happen to such a parameter?",
            _with(ready=lambda self, p: True),
        ),
        Mistake(
            "decays without a gradient",
            "a parameter whose .grad is None decays all the same",
            "a parameter without a gradient stays where it is",
            _with(step=_decays_anyway),
        ),
        Mistake(
            "gradients changed",
            "the gradients are clipped inside the step, and are others afterwards",
            "clipping is a function of its own: the next exercise",
            _with(step=_gradients_clipped),
        ),
        Mistake(
            "zero_grad does nothing",
            "the gradients are still there after zero_grad",
            "what would the next backward() do to them?",
            _with(zero_grad=lambda self: None),
        ),
        Mistake(
            "state without the steps",
            "the number of steps is not in the state: the corrections begin anew",
            "what does a step depend on, beside the gradients and the weights?",
            _state("lr", "m", "v"),
        ),
        Mistake(
            "state without the moments",
            "the moments are not in the state: they begin at 0 again",
            "what does a step depend on, beside the gradients and the weights?",
            _state("lr", "counts"),
        ),
        Mistake(
            "state without the learning rate",
            "the learning rate is not in the state",
            "what does a step depend on, beside the gradients and the weights?",
            _state("counts", "m", "v"),
        ),
    ),
)
