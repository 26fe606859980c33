"""The whole model, played stage by stage from the text to the next token."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipywidgets import VBox

    from utils.reference import Reference


def pipeline_player(reference: Reference, prompt: str) -> VBox:
    """Follow a prompt through the model: what happens to it, and which shape does it have at each stage?

    Write a prompt of your own and press Enter; play, pause, or step with the buttons and the slider. Every
    shape and every number is recorded while the model runs on that prompt. The last button appends the
    likeliest next token to the prompt, as the model does when it writes.

    Args:
        reference: The model: see `utils.reference.load`.
        prompt: The prompt to start with. For an empty one, or one too long for the model, a message replaces
            the picture.
    """
    from utils.pictures._player import Player

    return Player(reference, prompt)
