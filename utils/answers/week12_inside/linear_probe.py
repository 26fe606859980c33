"""The answer key of `linear_probe`: torch's SGD on torch's binary cross-entropy, in float64."""

import torch
from torch import nn

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import STEP, Tolerance
from utils.checks import week12_inside as checks

TRAINED = Tolerance(
    1e-4, 1e-5, "float32, of which a few digits are lost in up to 60 steps of gradient descent", 64 * STEP
)


def _expected(*, activations, labels, steps, lr):
    with torch.random.fork_rng(devices=[]):  # torch initialises at random: leave the caller's generator alone
        probe = nn.Linear(activations.shape[1], 1, dtype=torch.float64)
    for parameter in probe.parameters():
        parameter.detach().zero_()
    optimiser = torch.optim.SGD(probe.parameters(), lr=lr)
    with torch.enable_grad():
        for _ in range(steps):
            optimiser.zero_grad()
            z = probe(activations.double()).squeeze(-1)
            nn.functional.binary_cross_entropy_with_logits(z, labels.double()).backward()
            optimiser.step()
    return probe.weight.detach()[0].float(), probe.bias.item()


ANSWER_KEY = AnswerKey(
    check=checks.linear_probe,
    expected=_expected,
    tolerance=TRAINED,
    reference="torch's SGD on its binary cross-entropy",
    outputs=("w", "b"),
)
