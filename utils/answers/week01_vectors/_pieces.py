"""Steps from scores to probabilities that the week's mistakes are built from."""

import torch


def powers(x, dim=-1):
    """e to the power of each number, after the largest along `dim` has been subtracted."""
    return x.sub(x.amax(dim, keepdim=True)).exp()


def shares(x, dim=-1):
    return powers(x, dim).div(powers(x, dim).sum(dim, keepdim=True))


def log_shares(x, dim=-1):
    """The logarithms of the shares, also of those that are too small for a float."""
    highest = x.amax(dim, keepdim=True)
    return x.sub(highest).sub(powers(x, dim).sum(dim, keepdim=True).log())


def without_keepdim(x, dim=-1):
    """Divide by a sum without keepdim: torch's error or, where the shapes still broadcast, wrong shares."""
    return powers(x, dim) / powers(x, dim).sum(dim)


def max_as_a_number(x, dim=-1):
    """Raise the error that torch raises when the pair from max(dim) is used as if it were its values."""
    return shares(x - torch.max(x, dim, keepdim=True), dim)
