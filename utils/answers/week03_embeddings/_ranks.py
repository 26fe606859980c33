"""Steps of a nearest-token search, shared by the week's expected values and mistakes."""

import torch
from torch.nn import functional as F


def cosines(W_E, vector):
    return F.cosine_similarity(W_E.double(), vector.double()[None], dim=1).float()


def without(similarities, exclude, value=-torch.inf):
    """The similarities, with `value` for the tokens in `exclude`."""
    changed = similarities.clone()
    changed[list(exclude)] = value
    return changed


def ranked(similarities, k):
    """The ids and the values of the k largest, largest first."""
    values, ids = torch.sort(similarities, descending=True, stable=True)
    return ids[:k], values[:k]
