"""Steps from scores to shares that the mistakes below are put together from."""

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
    """Raises what torch raises when a sum has lost its axis; where that still broadcasts, the shares."""
    return powers(x, dim) / powers(x, dim).sum(dim)


def max_as_a_number(x, dim=-1):
    """Raises what torch raises when the pair that max(dim) gives is taken for its values."""
    return shares(x - torch.max(x, dim, keepdim=True), dim)
