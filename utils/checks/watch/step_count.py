"""Counts the steps of a function, to tell one operation on a whole array from a loop over its entries."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

_ONE_BY_ONE = {"tolist", "item", "numpy", "__iter__", "unbind"}  # each converts a tensor's entries one by one


class _Counter(TorchFunctionMode):
    """A context that counts torch's operations; one that converts entries to Python counts once for each."""

    steps = 0

    def __torch_function__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        one_by_one = getattr(function, "__name__", "") in _ONE_BY_ONE
        self.steps += args[0].numel() if one_by_one and isinstance(args[0], Tensor) else 1
        return function(*args, **(kwargs or {}))


def count_steps(function: Callable[..., Any], *inputs: Any) -> tuple[Any, int]:
    """Returns the result of `function(*inputs)`, and the number of torch's operations that it took."""
    with _Counter() as counter:
        output = function(*inputs)
    return output, counter.steps


def result_and_growth(function: Callable[..., Any], *inputs: Any) -> dict[str, Any]:
    """Returns the function's result, and whether it takes more steps when every axis is four times as long.

    Array operations take the same number of steps for any length; loops, recursion and comprehensions do not.
    A loop gives the same result, so a forged count gains points for it: steps are counted where they run.
    """
    result, few = count_steps(function, *inputs)
    longer = [_longer(value) if isinstance(value, Tensor) else value for value in inputs]
    _, many = count_steps(function, *longer)
    return {"result": result, "more steps for longer inputs": many > few}


def _longer(tensor: Tensor) -> Tensor:
    return tensor.repeat(*(4 for _ in tensor.shape))
