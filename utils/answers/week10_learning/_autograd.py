"""Gradients by torch's autograd in float64, the reference for hand-written backward passes."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def gradients(
    function: Callable[..., Tensor], inputs: Sequence[Tensor], grad_out: Tensor | None = None
) -> list[Tensor]:
    """Return the gradient of `function(*inputs)` for each input, computed in float64, in the input's dtype.

    `grad_out` is the gradient of the loss by the function's output; None if the output is the loss.
    """
    wide = [each.detach().double().requires_grad_() for each in inputs]
    output = function(*wide)
    found = torch.autograd.grad(output, wide, None if grad_out is None else grad_out.double())
    return [each.to(given.dtype) for each, given in zip(found, inputs, strict=True)]
