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


def ranks(logits):
    """Return 0 for the largest of each row, 1 for the next …, with ties in the order of their ids."""
    return logits.argsort(dim=-1, descending=True, stable=True).argsort(dim=-1)


def kth(logits, k):
    """Return the k-th largest of each row, as a column."""
    return logits.sort(dim=-1, descending=True).values[..., k - 1 : k]


def before(logits):
    """Return, for each token, the sum of the probabilities of the more probable ones."""
    shares = logits.softmax(-1)
    ordered, places = shares.sort(dim=-1, descending=True, stable=True)
    return torch.empty_like(shares).scatter(-1, places, ordered.cumsum(-1) - ordered)


def seen(tokens, d_vocab):
    """Return True for every token that occurs in the row."""
    ids = torch.arange(d_vocab, device=tokens.device)
    return (tokens[:, :, None] == ids).any(1)


def counts(tokens, d_vocab):
    """Return the number of occurrences of each token in the row."""
    ids = torch.arange(d_vocab, device=tokens.device)
    return (tokens[:, :, None] == ids).sum(1)
