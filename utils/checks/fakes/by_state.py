"""Numbers that depend on the state in which a model runs: its mode, and whether gradients are recorded.

A check that only notes the state reports what code in the same process can change. Here the state is in what
the model gives, by factors of the case's own, so that the judge finds it in the numbers.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def while_unrecorded(factors: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Returns the factors if no gradients are recorded, and ones if they are.

    autograd decides which: it refuses to change a leaf in place while it records.
    """
    leaf = torch.ones_like(factors).requires_grad_()
    try:
        leaf.mul_(factors)
    except RuntimeError:
        return torch.ones_like(factors)
    return leaf.detach()


class ByState(nn.Module):
    """Multiplies by one factor in train mode, and by another while no gradients are recorded."""

    def __init__(self, in_train_mode: float, unrecorded: float):
        super().__init__()
        self.in_train_mode, self.unrecorded = in_train_mode, unrecorded

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Returns x by the factors of the present state."""
        return (
            x
            * (self.in_train_mode if self.training else 1.0)
            * while_unrecorded(torch.tensor(self.unrecorded))
        )
