"""Validation and conversion of the pictures' arguments: tensors, arrays or nested lists, and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

AXES = {1: "one axis", 2: "two axes", 3: "three axes", 4: "four axes"}


def count_axes(values: Any) -> int:
    """Return the number of axes of a tensor, an array or nested lists; 0 if the lists are ragged."""
    import numpy as np

    if hasattr(values, "shape"):
        return len(values.shape)
    try:
        return np.ndim(values)
    except ValueError:
        return 0


def as_array(values: Any, axes: str, name: str) -> Float[ndarray, ...]:
    """Return `values` as a float array on the CPU, detached from any gradient.

    Args:
        values: A tensor, an array or nested lists.
        axes: The names of the axes it must have, as in "n_heads query key".
        name: The argument's name, for the message.

    Raises:
        ValueError: It has another number of axes, an axis of length 0, or elements that are not numbers.
    """
    import numpy as np

    if hasattr(values, "detach"):
        values = values.detach().cpu().double().numpy()
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers of the shape [{_listed(axes)}].") from None
    wanted = len(axes.split())
    if array.ndim != wanted:
        raise ValueError(
            f"{name} must have {AXES[wanted]}, [{_listed(axes)}]; it has the shape {array.shape}."
        )
    if 0 in array.shape:
        raise ValueError(f"{name} is empty: its shape is {array.shape}.")
    return array


def check_length(what: str, length: int, axis: str, size: int, shape: tuple[int, ...]) -> None:
    """Check that there are as many labels as an axis is long.

    Raises:
        ValueError: `length` differs from `size`.
    """
    if length != size:
        raise ValueError(f"There are {length} {what}, but the {axis} axis has {size} in the shape {shape}.")


def as_labels(tokens: Sequence[str], name: str = "tokens") -> list[str]:
    """Return the tokens as visible labels: without spaces around them, and with signs for mere white space.

    Raises:
        ValueError: They are one string, or not strings (token ids, perhaps).
    """
    if isinstance(tokens, str):
        raise ValueError(f"{name} must be a list of strings, one a token; it is one string, {tokens!r}.")
    tokens = list(tokens)
    for place, token in enumerate(tokens):
        if not isinstance(token, str):
            raise ValueError(f"{name} must be strings; number {place} is {token!r}. Decode token ids first.")
    return [visible(token) for token in tokens]


def visible(token: str) -> str:
    """Return one token without the spaces around it; mere white space is shown by signs."""
    return token.strip() or token.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥") or "∅"


def _listed(axes: str) -> str:
    return ", ".join(axes.split())
