"""The answer key of `is_causal`: the derivative of each model's outputs by its positions' vectors."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week07_transformer as checks
from utils.checks.fakes.leaky_models import mixed


def _expected_causal(*, mixing, tokens, W_E, W_pos):
    """True if the derivative of every position by every later one is 0, in every prompt.

    One derivative for each position, of its numbers in a random direction: it is 0 only if all of them are.
    """
    x = F.embedding(tokens, W_E.double()) + W_pos[: tokens.shape[1]].double()
    y = mixed(mixing, tokens, x.requires_grad_())
    direction = torch.randn(x.shape[-1], generator=torch.Generator().manual_seed(0), dtype=x.dtype)
    for position in range(x.shape[1] - 1):
        (along,) = torch.autograd.grad((y[:, position] @ direction).sum(), x, retain_graph=True)
        if along[:, position + 1 :].any():
            return False
    return True


ANSWER_KEY = AnswerKey(
    check=checks.is_causal,
    expected=_expected_causal,
    reference="the models' derivatives",
    tolerance=EXACT,
)
