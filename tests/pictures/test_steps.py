"""Steps in space: the arrows that are drawn, and the errors for bad input."""

import numpy as np
import pytest

from utils.pictures import steps_3d
from utils.pictures.steps import HEAD

PLOTLY = "application/vnd.plotly.v1+json"
WORDS = ["man", "woman", "king", "queen"]
PLACES = np.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 1], [2, 3, 1]])


def traces(picture, kind: str) -> list[dict]:
    return [trace for trace in picture.bundle[PLOTLY]["data"] if trace["type"] == kind]


def shafts(picture) -> list[dict]:
    return [trace for trace in traces(picture, "scatter3d") if trace["mode"] == "lines"]


def test_an_arrow_runs_from_the_first_point_of_a_step_to_the_second() -> None:
    picture = steps_3d(PLACES, WORDS, [("king", "queen")])
    (shaft,), (head,) = shafts(picture), traces(picture, "cone")
    assert [shaft[axis][0] for axis in "xyz"] == [0, 3, 1]
    assert [head[axis][0] for axis in "xyz"] == [2, 3, 1]
    assert head["anchor"] == "tip"


def test_a_head_points_along_its_step_and_begins_where_the_shaft_ends() -> None:
    picture = steps_3d(PLACES, WORDS, [("man", "queen")])
    (shaft,), (head,) = shafts(picture), traces(picture, "cone")
    way = np.array([head[letter][0] for letter in "uvw"])
    assert np.allclose(np.cross(way, [2, 3, 1]), 0)
    assert way @ [2, 3, 1] > 0
    assert np.allclose([shaft[axis][1] for axis in "xyz"], PLACES[3] - way)
    low, high = picture.bundle[PLOTLY]["layout"]["scene"]["xaxis"]["range"]
    assert np.linalg.norm(way) == pytest.approx(HEAD * (high - low))


def test_a_short_step_has_a_short_head() -> None:
    places = np.array([[0.0, 0, 0], [0.01, 0, 0], [5, 5, 5]])
    (head,) = traces(steps_3d(places, ["a", "b", "c"], [("a", "b")]), "cone")
    assert head["u"][0] == pytest.approx(0.005)


def test_two_points_in_one_place_have_no_arrow_between_them() -> None:
    picture = steps_3d(PLACES[[0, 0, 1]], WORDS[:3], [("man", "woman")])
    assert shafts(picture) == traces(picture, "cone") == []


def test_the_points_are_drawn_as_without_steps_and_said_in_words() -> None:
    picture = steps_3d(PLACES, WORDS, [("man", "woman"), ("king", "queen")], ["he", "she"] * 2)
    named = [trace["name"] for trace in traces(picture, "scatter3d") if trace["mode"] == "markers+text"]
    assert named == ["he", "she"]
    assert picture.in_words == (
        "4 vectors in space: he (man, king); she (woman, queen). Steps: man to woman; king to queen."
    )


@pytest.mark.parametrize(
    ("points", "steps", "said"),
    [
        (PLACES, [("man", "boy")], "A step names 'boy', and the points are man, woman, king, queen."),
        (PLACES[:, :2], [], r"points must be \[point, 3\]"),
        (PLACES[:3], [], "There are 4 labels"),
    ],
)
def test_what_cannot_be_drawn_is_named(points: np.ndarray, steps: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        steps_3d(points, WORDS, steps)
