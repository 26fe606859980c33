"""What training could do with a student's module: which numbers it would change, and where they begin."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from utils.errors import CheckMisuse

SMALL_RANDOM = "random, about 0.02 in size"
"""What `first_numbers` says of weights that begin as GPT-2's do."""
_ABOUT = (0.008, 0.05)  # OpenAI's own code starts W_E with 0.02 and W_pos with 0.01


def table_of(module: nn.Module, name: str) -> Float[Tensor, "row d_model"]:
    """The module's matrix of that name.

    Raises:
        CheckMisuse: there is none, or a whole layer is kept under the name.
    """
    table = getattr(module, name, None)
    if isinstance(table, Tensor):
        return table
    kind = "nothing" if table is None else f"a module, {type(table).__name__}"
    owner = type(module).__name__
    raise CheckMisuse(f"{owner}.{name} holds {kind}: keep the matrix itself there, as an nn.Parameter.")


def rows_that_learn(output: object, table: Float[Tensor, "row d_model"]) -> list[int]:
    """The rows of `table` that a loss on `output` would change, in order."""
    if not (isinstance(output, Tensor) and output.requires_grad and table.requires_grad):
        return []
    # Unequal weights: the sum of a softmax is 1 whatever its input, and would hide that it learns.
    loss = (output.reshape(-1) * torch.linspace(1, 2, output.numel())).sum()
    (gradient,) = torch.autograd.grad(loss, table, allow_unused=True)
    return [] if gradient is None else gradient.abs().sum(dim=1).nonzero()[:, 0].tolist()


def count_learned(module: nn.Module, beside: Tensor | None = None) -> int:
    """How many numbers of the module training would change, not counting those of the tensor `beside`."""
    return sum(each.numel() for each in module.parameters() if each.requires_grad and each is not beside)


def first_numbers(module: nn.Module) -> str:
    """What the weights of a new module are like, in a few words: it should be a large one, so that the
    standard deviation says something.
    """
    numbers = [parameter.detach().flatten() for parameter in module.parameters()]
    if not numbers:
        return "no parameters"
    spread = torch.cat(numbers).std().item()
    low, high = _ABOUT
    if low < spread < high:
        return SMALL_RANDOM
    return "all equal" if spread == 0 else f"of standard deviation {spread:.1g}"
