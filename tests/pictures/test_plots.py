"""Heatmaps, curves and points in space: plotly's data."""

import math

import numpy as np
import pytest
import torch

from utils.pictures import curve, curves, heatmap, vectors_3d

PLOTLY = "application/vnd.plotly.v1+json"
WORDS = ["king", "queen", "apple"]


def test_a_heatmap_is_numbered_where_it_has_no_labels() -> None:
    figure = heatmap([[1, 2], [3, 4], [5, 6]], columns=["a", "a"]).bundle[PLOTLY]
    assert figure["layout"]["yaxis"]["ticktext"] == ["0", "1", "2"]
    assert figure["layout"]["xaxis"]["tickvals"] == [0, 1]
    assert figure["layout"]["xaxis"]["ticktext"] == ["a", "a"]


@pytest.mark.parametrize(
    ("values", "lowest", "highest"),
    [([[0, 4]], 0, 4), ([[-3, 1]], -3, 3), ([[0, 0]], 0, 1), ([[math.nan, -math.inf]], 0, 1)],
)
def test_zero_is_always_clear(values: list, lowest: float, highest: float) -> None:
    trace = heatmap(values).bundle[PLOTLY]["data"][0]
    assert (trace["zmin"], trace["zmax"]) == (lowest, highest)


@pytest.mark.parametrize(("values", "lowest"), [([[0.1, 0.2]], 0), ([[-0.1, 0.2]], -1)])
def test_tables_can_share_a_colour_scale(values: list, lowest: float) -> None:
    trace = heatmap(values, largest=1).bundle[PLOTLY]["data"][0]
    assert (trace["zmin"], trace["zmax"]) == (lowest, 1)


def test_a_long_row_of_labels_is_thinned_out() -> None:
    axis = heatmap(np.ones((2, 1000))).bundle[PLOTLY]["layout"]["xaxis"]
    assert len(axis["ticktext"]) <= 48
    assert axis["ticktext"][1] == str(axis["tickvals"][1])


def test_a_heatmap_in_words() -> None:
    assert heatmap([[0, -1.5], [2, math.nan]], title="Scores").in_words == (
        "Heatmap “Scores”: 2 rows by 2 columns, from -1.5 to 2."
    )


def test_a_heatmap_wants_a_label_for_each_row() -> None:
    with pytest.raises(
        ValueError, match=r"There are 1 labels for rows, but the row axis has 2 in the shape \(2, 1\)."
    ):
        heatmap([[1], [2]], rows=["a"])


def test_curves_share_their_x() -> None:
    x = torch.tensor([1.0, 2.0, 4.0])
    picture = curves(x, {"loss": [3, 2, 1], "bound": [1, 1, 1]}, x_title="step", log_x=True)
    figure = picture.bundle[PLOTLY]
    assert [trace["name"] for trace in figure["data"]] == ["loss", "bound"]
    assert all(trace["x"] == [1, 2, 4] for trace in figure["data"])
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert figure["layout"]["showlegend"] is True
    assert picture.in_words == "Curves over step from 1 to 4: loss from 3 to 1; bound from 1 to 1."


def test_one_curve_needs_no_legend() -> None:
    figure = curve([0, 1], [5, math.nan], y_title="loss").bundle[PLOTLY]
    assert figure["layout"]["showlegend"] is False
    assert figure["data"][0]["y"] == [5, None]


def test_a_curve_of_another_length_is_named() -> None:
    with pytest.raises(ValueError, match="The curve 'loss' has 2 points, and x has 3"):
        curves([1, 2, 3], {"loss": [1, 2]})


def test_no_curve_is_no_picture() -> None:
    with pytest.raises(ValueError, match="curves needs at least one curve"):
        curves([1, 2, 3], {})


def test_points_are_coloured_by_group() -> None:
    picture = vectors_3d(np.arange(9).reshape(3, 3), WORDS, ["people", "people", "fruit"], arrows=True)
    traces = picture.bundle[PLOTLY]["data"]
    named = [trace for trace in traces if trace["mode"] == "markers+text"]
    assert [(trace["name"], trace["text"]) for trace in named] == [
        ("people", ["king", "queen"]),
        ("fruit", ["apple"]),
    ]
    assert (named[0]["x"], named[0]["y"], named[0]["z"]) == ([0, 3], [1, 4], [2, 5])
    assert named[0]["marker"]["color"] != named[1]["marker"]["color"]
    lines = [trace for trace in traces if trace["mode"] == "lines"]
    assert [line["x"] for line in lines] == [[0, 0, None, 0, 3, None], [0, 6, None]]
    assert picture.in_words == "3 vectors in space: people (king, queen); fruit (apple)."


@pytest.mark.parametrize("arrows", [False, True])
def test_angles_in_space_are_angles_on_the_screen(arrows: bool) -> None:
    scene = vectors_3d([[5, 0, 1], [6, 9, 1]], ["a", "b"], arrows=arrows).bundle[PLOTLY]["layout"]["scene"]
    ranges = [scene[f"{letter}axis"]["range"] for letter in "xyz"]
    assert scene["aspectmode"] == "cube"
    assert len({round(high - low, 9) for low, high in ranges}) == 1
    assert all(low < (0 if arrows else 5) and high > 6 for low, high in ranges[:1])


def test_many_points_are_summed_up_in_words() -> None:
    picture = vectors_3d(np.zeros((10, 3)), [f"w{number}" for number in range(10)])
    assert picture.in_words.endswith("points (w0, w1, w2, w3, w4, w5, w6, w7 and 2 more).")


@pytest.mark.parametrize(
    ("points", "labels", "groups", "said"),
    [
        (np.zeros((3, 2)), WORDS, None, r"points must be \[point, 3\]; their shape is \(3, 2\)."),
        (np.zeros((3, 3)), ["king"], None, r"There are 1 labels, but the point axis has 3"),
        (np.zeros((3, 3)), WORDS, ["people"], r"There are 1 groups, but the point axis has 3"),
    ],
)
def test_points_labels_and_groups_must_agree(points: object, labels: list, groups: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        vectors_3d(points, labels, groups)


def test_a_figure_can_be_changed_by_hand() -> None:
    assert curve([0, 1], [2, 3]).figure.data[0].y == (2, 3)
