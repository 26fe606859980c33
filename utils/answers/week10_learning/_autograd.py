"""torch's autograd in float64: what the hand-written backward passes are compared with."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def gradients(
    function: Callable[..., Tensor], inputs: Sequence[Tensor], grad_out: Tensor | None = None
) -> list[Tensor]:
    """The gradient of `function(*inputs)` with respect to each input, computed in float64, in its dtype.

    `grad_out` is how the loss changes with what the function gives; None if that is the loss itself.
    """
    wide = [each.detach().double().requires_grad_() for each in inputs]
    output = function(*wide)
    found = torch.autograd.grad(output, wide, None if grad_out is None else grad_out.double())
    return [each.to(given.dtype) for each, given in zip(found, inputs, strict=True)]
