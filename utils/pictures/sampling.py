"""The distribution of the next token under temperature, top-k and top-p."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipywidgets import VBox
    from jaxtyping import Float
    from torch import Tensor

    Logits = Float[Tensor, " d_vocab"]


def sampling_explorer(
    predict: Callable[[str], Logits],
    change: Callable[[Logits, float, int, float], Logits],
    prompt: str,
    shown: int = 12,
) -> VBox:
    """Change how the next token is drawn: what do temperature, top-k and top-p do to its probabilities?

    Below a box for the prompt and three sliders, each of the most probable tokens has two bars: the model's
    own probability, and the one with which it is drawn. The last pair of bars is for all other tokens.

    Args:
        predict: From a text to the logits of the next token, [d_vocab] with GPT-2's ids.
        change: From logits, temperature, k and p to the logits that are drawn from; k is at most d_vocab.
        prompt: The prompt at first.
        shown: The number of tokens with bars of their own.

    Raises:
        ValueError: `shown` is not 1 or more.
        Whatever `predict` and `change` raise for that text and a temperature of 1.
    """
    from utils.pictures._sampling import explorer

    if shown < 1:
        raise ValueError(f"sampling_explorer needs at least 1 token to show; it got {shown}.")
    return explorer(predict, change, prompt, shown)
