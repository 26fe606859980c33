"""Whether code has left torch's global random generator alone, told by the numbers that it draws next."""

import torch
from jaxtyping import Float
from torch import Tensor

from utils.checks.engine.isolation import SEED

_HOW_MANY = 3


def next_global_numbers() -> Float[Tensor, "3"]:
    """The next numbers of torch's global generator. They are `untouched_numbers` where an attempt has neither
    drawn from it nor seeded it.
    """
    return torch.rand(_HOW_MANY)


def untouched_numbers() -> Float[Tensor, "3"]:
    """What the global generator draws first in every attempt."""
    return torch.rand(_HOW_MANY, generator=torch.Generator().manual_seed(SEED))
