"""The division of attention scores by √d_head."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipywidgets import VBox


def scaling_demo(keys: int = 8, seed: int = 0) -> VBox:
    """Change d_head: what happens to softmax as it grows, with and without the division by √d_head?

    A slider sets d_head from 1 to 1,024. One random query (entries of variance 1) meets `keys` random keys:
    on the left is softmax(q · k), on the right softmax(q · k / √d_head). The last line gives the average of
    the largest weight over many such draws.

    Raises:
        ValueError: There are fewer than 2 keys.
    """
    from utils.pictures._scaling import demo

    if keys < 2:
        raise ValueError(f"scaling_demo needs at least 2 keys to choose between; it got {keys}.")
    return demo(keys, seed)
