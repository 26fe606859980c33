"""The numbers in the demonstration of 1/√d_head are right."""

import re

import pytest

from utils.pictures import scaling_demo


def largest_on_average(demo) -> list[float]:
    """Return the average largest weight without and with the division, as the widget states them."""
    return [float(text) for text in re.findall(r"([\d.]+) on average", demo.children[-1].value)]


def spreads(demo) -> list[float]:
    """Return the standard deviation of the scores without and with the division, as the widget states it."""
    return [float(text) for text in re.findall(r"±([\d.]+)", demo.children[-1].value)]


@pytest.fixture(scope="module")
def demo():
    return scaling_demo()


@pytest.mark.parametrize("d_head", [1, 64, 1024])
def test_scores_spread_by_the_root_of_d_head_unless_divided(demo, d_head: int) -> None:
    demo.children[0].value = d_head
    without, divided = spreads(demo)
    assert without == pytest.approx(d_head**0.5, rel=0.1)
    assert divided == pytest.approx(1, abs=0.1)


def test_softmax_saturates_only_without_the_division(demo) -> None:
    largest = {}
    for d_head in (1, 64, 1024):
        demo.children[0].value = d_head
        largest[d_head] = largest_on_average(demo)
    (_, narrow), (middle, _), (wide, wide_divided) = largest[1], largest[64], largest[1024]
    assert narrow < middle < wide
    assert wide > 0.95
    assert wide_divided < 0.5


def test_a_choice_needs_two_keys() -> None:
    with pytest.raises(ValueError, match="at least 2 keys to choose between; it got 1"):
        scaling_demo(keys=1)
