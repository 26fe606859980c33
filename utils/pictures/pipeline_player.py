"""The whole machine as a player: from the text to the next token, one stage after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipywidgets import VBox

    from utils.reference import Reference


def pipeline_player(reference: Reference, prompt: str) -> VBox:
    """What happens to a text on its way through the model, and which shape does it have at each stage?

    Write a prompt of your own and press Enter; play, pause, or step with the buttons and the slider. Every
    shape and every number is read off the model while it runs on that prompt. The last button puts the
    likeliest next token behind the prompt, as the model does when it writes.

    Args:
        reference: The model: see `utils.reference.load`.
        prompt: What to start with. An empty one, or one too long for the model, gets a sentence in place of
            the picture.
    """
    from utils.pictures._player import Player

    return Player(reference, prompt)
