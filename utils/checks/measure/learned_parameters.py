"""Measures which numbers of a student's module training would change, and how they are initialised."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from utils.errors import CheckMisuse

SMALL_RANDOM = "random, about 0.02 in size"
"""The result of `first_numbers` for weights that are initialised as GPT-2's are."""
_ABOUT = (0.008, 0.05)  # OpenAI's own code starts W_E with 0.02 and W_pos with 0.01


def table_of(module: nn.Module, name: str) -> Float[Tensor, "row d_model"]:
    """Returns the module's matrix of that name.

    Raises:
        CheckMisuse: the module has none, or has a whole layer under the name.
    """
    table = getattr(module, name, None)
    if isinstance(table, Tensor):
        return table
    kind = "nothing" if table is None else f"a module, {type(table).__name__}"
    owner = type(module).__name__
    raise CheckMisuse(f"{owner}.{name} holds {kind}: keep the matrix itself there, as an nn.Parameter.")


def rows_that_learn(output: object, table: Float[Tensor, "row d_model"]) -> list[int]:
    """Returns the rows of `table` that a loss on `output` would change, in order."""
    if not (isinstance(output, Tensor) and output.requires_grad and table.requires_grad):
        return []
    # Unequal weights, since the plain sum of a softmax is always 1 and has no gradient.
    loss = (output.reshape(-1) * torch.linspace(1, 2, output.numel())).sum()
    (gradient,) = torch.autograd.grad(loss, table, allow_unused=True)
    return [] if gradient is None else gradient.abs().sum(dim=1).nonzero()[:, 0].tolist()


def count_learned(module: nn.Module, beside: Tensor | None = None) -> int:
    """Returns how many numbers of the module training would change, not counting the tensor `beside`."""
    return sum(each.numel() for each in module.parameters() if each.requires_grad and each is not beside)


def first_numbers(module: nn.Module) -> str:
    """Describes the weights of a new module in a few words. It should be large, so that their standard
    deviation is meaningful.
    """
    numbers = [parameter.detach().flatten() for parameter in module.parameters()]
    if not numbers:
        return "no parameters"
    spread = torch.cat(numbers).std().item()
    low, high = _ABOUT
    if low < spread < high:
        return SMALL_RANDOM
    return "all equal" if spread == 0 else f"of standard deviation {spread:.1g}"
