"""Measures which numbers of a student's module training would change, and how they are initialised."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.errors import CheckMisuse

SMALL_RANDOM = "random, about 0.02 in size"
"""The result of `spread_in_words` for weights that are initialised as GPT-2's are."""
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


def rows_with_gradient(output: object, table: Float[Tensor, "row d_model"]) -> list[int]:
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


def after_a_step(
    module: nn.Module, tokens: Int[Tensor, "batch seq"], factors: Float[Tensor, "batch seq d_model"]
) -> Float[Tensor, "batch seq d_model"] | None:
    """Returns the output after a step of gradient descent on the sum of factors · output, with lr 1.

    None if the output has another shape than the factors.
    """
    output = module(tokens)
    if not isinstance(output, Tensor) or output.shape != factors.shape:
        return None
    if output.requires_grad:
        module.zero_grad()
        (output * factors).sum().backward()
        with torch.no_grad():
            for parameter in module.parameters():
                if parameter.grad is not None:
                    parameter.sub_(parameter.grad)
    return module(tokens).detach()


def first_numbers(module: nn.Module) -> Float[Tensor, "number"]:
    """Returns the weights of a new module, one after the other.

    It should be large, so that their standard deviation is meaningful.
    """
    return torch.cat([torch.zeros(0), *(parameter.detach().flatten() for parameter in module.parameters())])


def spread_in_words(numbers: Float[Tensor, "number"]) -> str:
    """Describes the standard deviation of `first_numbers` in a few words."""
    if not len(numbers):
        return "no parameters"
    spread = numbers.std().item()
    low, high = _ABOUT
    if low < spread < high:
        return SMALL_RANDOM
    return "all equal" if spread == 0 else f"of standard deviation {spread:.1g}"
