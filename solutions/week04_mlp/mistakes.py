"""Mistakes of week 4 that are other algorithms than the official solution: see mistakes.md."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from solution import shape_table
from torch import Tensor

from grader.tools.known_mistakes.shape_rules import last_two_swapped, without_size

Layer = Callable[[Tensor], Tensor]


def same_in_another_order(layer: Layer, x: Float[Tensor, "batch seq d_model"]) -> bool:
    """Returns True if the layer gives the reversed output for the reversed input."""
    return torch.allclose(layer(x.flip(1)), layer(x).flip(1), atol=1e-4)


def exactly_the_same(layer: Layer, x: Float[Tensor, "batch seq d_model"]) -> bool:
    """Returns True if the layer gives exactly the same for each position by itself."""
    pieces = [layer(piece) for piece in x.split(1, dim=1)]
    return torch.equal(torch.cat(pieces, dim=1), layer(x))


weights_transposed = last_two_swapped(shape_table, ["W_in", "W_out"])
batch_forgotten = without_size(shape_table, 2)
