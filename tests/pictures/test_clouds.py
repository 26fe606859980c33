"""Clouds of points, step by step: plotly's data and the slider."""

import numpy as np
import pytest

from utils.pictures import cloud_steps

PLOTLY = "application/vnd.plotly.v1+json"
POINTS = np.arange(12.0).reshape(4, 3)
GROUPS = ["near", "far", "near", "far"]
STEPS = {"as they come": POINTS, "halved": POINTS / 2}


def test_each_step_has_a_trace_for_each_group_and_the_first_is_shown() -> None:
    traces = cloud_steps(STEPS, GROUPS).bundle[PLOTLY]["data"]
    assert [(trace["name"], trace["visible"]) for trace in traces] == [
        ("near", True),
        ("far", True),
        ("near", False),
        ("far", False),
    ]
    assert traces[0]["x"] == [0, 6]
    assert traces[3]["x"] == [1.5, 4.5]
    assert traces[0]["marker"]["color"] == traces[2]["marker"]["color"] != traces[1]["marker"]["color"]


def test_the_slider_shows_one_step_and_hides_the_others() -> None:
    (slider,) = cloud_steps(STEPS, GROUPS).bundle[PLOTLY]["layout"]["sliders"]
    assert {step["label"]: step["args"] for step in slider["steps"]} == {
        "as they come": [{"visible": [True, True, False, False]}],
        "halved": [{"visible": [False, False, True, True]}],
    }
    assert {step["method"] for step in slider["steps"]} == {"restyle"}  # which leaves the camera as it is


def test_all_steps_have_axes_of_one_scale_that_hold_every_point() -> None:
    scene = cloud_steps(STEPS, GROUPS).bundle[PLOTLY]["layout"]["scene"]
    ranges = {tuple(scene[f"{letter}axis"]["range"]) for letter in "xyz"}
    assert len(ranges) == 1
    assert scene["aspectmode"] == "cube"
    ((low, high),) = ranges
    assert low < -11 and high > 11


def test_points_that_are_all_0_still_have_axes() -> None:
    scene = cloud_steps({"nothing": np.zeros((1, 3))}, ["a"]).bundle[PLOTLY]["layout"]["scene"]
    assert scene["xaxis"]["range"] == [-1, 1]


def test_clouds_in_words() -> None:
    steps = {"long": np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 1.0]])}
    assert cloud_steps(steps, ["a", "b"]).in_words == (
        "2 points in 2 groups (a, b), in 1 steps: long, lengths 1 to 5."
    )


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ({}, "cloud_steps needs at least one step"),
        ({"flat": np.zeros((4, 2))}, r"The step 'flat' must be \[point, 3\]; its shape is \(4, 2\)."),
        ({"few": np.zeros((3, 3))}, "There are 4 groups, but the point axis has 3"),
    ],
)
def test_steps_that_cannot_be_drawn_are_named(steps: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cloud_steps(steps, GROUPS)
