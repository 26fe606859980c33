"""The activations of single neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from utils.pictures._numbers import as_array, as_labels, check_length

if TYPE_CHECKING:
    from ipywidgets import VBox
    from jaxtyping import Float
    from torch import Tensor


def neuron_explorer(
    tokens: Sequence[str], activations: Float[Tensor, "token neuron"], *, neuron: int = 0
) -> VBox:
    """Explore neurons one by one: on which tokens does each of them fire?

    A slider chooses the neuron. Blue tokens make it fire, orange ones leave it a little below 0; the strength
    of the colour is relative to the neuron's own largest number.

    Args:
        tokens: The tokens as strings, spaces and all.
        activations: [token, neuron], after the activation function.
        neuron: The neuron that is shown at first.

    Raises:
        ValueError: The tokens are not strings or not as many, or there is no such neuron.
    """
    from utils.pictures._neurons import explorer

    as_labels(tokens)
    array = as_array(activations, "token neuron", "activations")
    check_length("tokens", len(tokens), "token", len(array), array.shape)
    if not 0 <= neuron < array.shape[1]:
        raise ValueError(f"There is no neuron {neuron}; there are {array.shape[1]}, counted from 0.")
    return explorer(list(tokens), array, neuron)
