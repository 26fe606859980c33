"""The slider over neurons shades the text by the chosen one's activations."""

import pytest
import torch

from utils.pictures import neuron_explorer

TOKENS = ["The", " cat", " sat"]
FIRES = torch.tensor([[0.5, -0.1], [0.0, 2.0], [0.25, 0.1]])


def test_it_starts_at_the_chosen_neuron_and_follows_the_slider() -> None:
    explorer = neuron_explorer(TOKENS, FIRES, neuron=1)
    slider, shown = explorer.children
    assert "from -0.10 to 2.00; it fires most at place 1" in shown.value
    slider.value = 0
    assert "from 0.00 to 0.50; it fires most at place 0" in shown.value


def test_every_neuron_can_be_reached() -> None:
    slider = neuron_explorer(TOKENS, FIRES).children[0]
    assert (slider.min, slider.max) == (0, 1)


@pytest.mark.parametrize(
    ("tokens", "neuron", "said"),
    [
        (TOKENS[:2], 0, "There are 2 tokens, but the token axis has 3"),
        (TOKENS, 2, "There is no neuron 2; there are 2, counted from 0."),
        (TOKENS, -1, "There is no neuron -1"),
    ],
)
def test_what_cannot_be_shown_is_named(tokens: list, neuron: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        neuron_explorer(tokens, FIRES, neuron=neuron)
