"""The map of a loss is right, its walks follow the sliders, and a diverging walk does no harm."""

import re

import numpy as np
import pytest
import torch

from utils.pictures import descent
from utils.pictures._descent import _line_of


def bowl(places: torch.Tensor) -> torch.Tensor:
    return places.square().sum(dim=-1)


def straight(lr: float, momentum: float, n_steps: int) -> dict[str, torch.Tensor]:
    """Return a walk along y = 0 with steps of lr, and a diverging one."""
    steps = torch.arange(n_steps + 1.0)
    still = torch.zeros(n_steps + 1)
    return {"steady": torch.stack([lr * steps, still], 1), "wild": torch.stack([100.0**steps, still], 1)}


def test_a_line_of_equal_loss_is_where_the_loss_is_equal() -> None:
    x, y = np.linspace(-2, 2, 81), np.linspace(-2, 2, 61)
    places = np.stack(np.meshgrid(x, y), axis=-1)
    ends = _line_of(places, (places**2).sum(-1) - 1.7)
    assert len(ends) > 100
    assert np.abs((ends**2).sum(-1) - 1.7).max() < 0.01


def test_the_pieces_of_a_line_join() -> None:
    """Each end of a segment is an end of another one: the contour of a bowl has no gap."""
    x = np.linspace(-2, 2, 21)
    places = np.stack(np.meshgrid(x, x), axis=-1)
    ends = [tuple(end) for end in _line_of(places, (places**2).sum(-1) - 1.7).reshape(-1, 2).round(9)]
    assert {ends.count(end) for end in ends} == {2}


def test_the_walks_follow_the_sliders() -> None:
    widget = descent(bowl, straight)
    rate, _, steps, shown = widget.children
    rate.value, steps.value = 0.1, 4
    assert "steady</b> loss 0 at the start, 0.16 at the end" in shown.value
    steps.value = 10
    assert "steady</b> loss 0 at the start, 1 at the end" in shown.value
    assert len(re.findall("<circle", shown.value.split("</g>")[0])) == 11


def test_a_walk_that_runs_away_is_said_to_and_drawn_as_far_as_it_goes() -> None:
    widget = descent(bowl, straight)
    steps, shown = widget.children[2:]
    steps.value = 100
    assert "wild</b> has left the map for good" in shown.value
    assert len(re.findall("<circle", shown.value.split("</g>")[1])) == 3
    assert "nan" not in shown.value and "inf" not in shown.value


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ({"x_range": (1, 1)}, "x_range must go from a smaller number to a larger one; it is 1 to 1"),
        ({"y_range": (4, -4)}, "y_range must go from a smaller number"),
    ],
)
def test_a_map_that_shows_nothing_is_refused(ranges: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        descent(bowl, straight, **ranges)


def test_a_walk_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"round must have two axes, \[place, 2\]"):
        descent(bowl, lambda lr, momentum, n_steps: {"round": torch.zeros(3)})
