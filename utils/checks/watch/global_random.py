"""Detects use of torch's global random generator by the numbers that it draws next."""

import torch
from jaxtyping import Float
from torch import Tensor

SEED = 86_028_121
"""Seeds the generator for every observed call. A student's code that seeds with 0 or 42 changes the state."""

_COUNT = 3


def next_global_numbers() -> Float[Tensor, "3"]:
    """Draws and returns the next numbers of torch's global generator; they equal `untouched_numbers` if the
    generator was neither used nor seeded during the call.
    """
    return torch.rand(_COUNT)


def untouched_numbers() -> Float[Tensor, "3"]:
    """Returns the first numbers that the global generator draws in an observed call."""
    return torch.rand(_COUNT, generator=torch.Generator().manual_seed(SEED))
