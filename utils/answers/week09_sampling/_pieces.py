"""Parts of the week's mistakes and answer keys that several of them share."""

import torch

from utils.answers.compare import Tolerance
from utils.checks.measure.sampling_statistics import ALLOWED, DRAWS

CHANCE = Tolerance(
    0.0,
    ALLOWED,
    f"a frequency among {DRAWS:,} draws is hardly ever further off (Hoeffding's inequality)",
)

EXACT_LOGITS = Tolerance(
    1e-5, 1e-6, "a kept logit is kept as it is; float32 rounds the seventh digit of the rest"
)


def without(logits, gone, value=-torch.inf):
    """Return the logits with `value` where `gone` is True."""
    return torch.where(gone, torch.full_like(logits, value), logits)


def normalise_hidden(output):
    """Replace logits near −1e9 or below by −inf: they hide a token as well, even with a small logit added."""
    if isinstance(output, dict):
        return {name: normalise_hidden(each) for name, each in output.items()}
    if isinstance(output, torch.Tensor) and output.is_floating_point():
        return without(output, output < -1e8)
    return output
