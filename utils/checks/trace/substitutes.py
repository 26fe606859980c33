"""Values of GPT-2's in place of a student's: what a variable would be if its line were right."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from utils.checks.trace.recorder import Event
from utils.checks.trace.relations import equality
from utils.checks.trace.steps import Step, StepValue

Substitute = Callable[[int, Any], Any]


def substitute(step: Step, events: list[Event]) -> Substitute | None:
    """Returns a function that gives a step's values in the place of a student's; None if they do not fit.

    Args:
        step: The official solution's.
        events: All values of one place in the student's code, in order.
    """
    if not len(events) == len(step.values) == step.count:
        return None
    pairs = list(zip(events, step.values, strict=True))
    if not all(_fits(event, value) for event, value in pairs):
        return None
    if all((of := equality(event.value, value)) is not None and of.kind == "equal" for event, value in pairs):
        return None
    return lambda occurrence, current: _in_its_form(step.values[occurrence], current)


def _fits(event: Event, value: StepValue) -> bool:
    if event.value.text:
        return bool(value.text)
    array = event.value.array
    if array is None or value.whole is None or value.is_tensor != event.value.is_tensor:
        return False
    if array.size == value.whole.size:
        return _without_ones(array.shape) == _without_ones(value.whole.shape)
    return array.ndim == value.whole.ndim  # one axis may have the wrong size


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [size for size in shape if size != 1]


def _in_its_form(value: StepValue, current: Any) -> Any:
    """Returns the step's value in the type, shape and dtype of the student's."""
    if isinstance(current, Tensor):
        assert value.whole is not None
        new = torch.from_numpy(value.whole.copy()).to(current.dtype)
        if new.numel() == current.numel():
            new = new.reshape(current.shape)
        if not current.requires_grad or new.shape != current.shape:
            return new
        # The value is GPT-2's; the derivative is that of the student's computation.
        return new + torch.where(current.isfinite(), current - current.detach(), 0.0)
    if isinstance(current, np.ndarray):
        assert value.whole is not None
        new_array = value.whole.astype(current.dtype)
        return new_array.reshape(current.shape) if new_array.size == current.size else new_array
    if isinstance(current, bool | int | float):
        assert value.whole is not None
        return type(current)(value.whole.item())
    literal = value.literal
    return literal if type(literal) is type(current) else type(current)(literal)
