"""The progress bar of long demonstrations."""

import sys

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tests.repository.checkout import CHECKOUT
from utils.pictures import progress as public
from utils.pictures.progress import SECONDS_WITHOUT, bar, progress


@pytest.fixture
def shown(monkeypatch):
    """The words of the bars that were shown; at the end "", which clears the place."""
    words = []

    def show(picture, place):
        words.append(picture.in_words)
        return "a place"

    monkeypatch.setattr(sys.modules["utils.pictures.progress"], "_show", show)
    return words


class Clock:
    """A clock that goes on by `step` seconds whenever it is read."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def inverse(number):
    return 1 / number


def test_a_quick_loop_shows_nothing(shown):
    assert list(progress(range(5), "heads", clock=Clock(SECONDS_WITHOUT / 10))) == [0, 1, 2, 3, 4]
    assert shown == []


def test_a_slow_loop_shows_how_many_of_how_many_and_clears_its_place(shown):
    assert list(progress("abc", "letters", clock=Clock(20.0))) == ["a", "b", "c"]
    assert shown == [
        "1 of 3 letters · about 40 s left",
        "2 of 3 letters · about 20 s left",
        "3 of 3 letters",
        "",
    ]


def test_items_without_a_length(shown):
    list(progress(iter("ab"), "letters", total=4, clock=Clock(20.0)))
    list(progress(iter("a"), "letters", clock=Clock(20.0)))
    assert shown == [
        "1 of 4 letters · about 1 min left",
        "2 of 4 letters · about 40 s left",
        "",
        "1 letters",
        "",
    ]


def test_the_place_is_cleared_after_an_error_and_a_break(shown):
    bars = progress(range(4), "heads", clock=Clock(20.0))
    next(bars), next(bars)
    bars.close()
    assert shown[-1] == ""
    with pytest.raises(ZeroDivisionError):
        list(map(inverse, progress([2, 1, 0, 1], "heads", clock=Clock(20.0))))
    assert len(shown) == 5
    assert shown[-1] == ""


def test_the_bar_is_as_long_as_what_is_done():
    assert "width:25%" in bar(1, 4, "heads", 3.0).bundle["text/html"]
    assert "a &lt; b" in bar(1, 4, "a < b", 3.0).bundle["text/html"]


def test_in_a_notebook_what_the_loop_prints_stays():
    """A bar in an output widget would swallow it."""
    code = """
import sys
from utils.pictures import progress
sys.modules["utils.pictures.progress"].SECONDS_WITHOUT = 0
for head in progress(range(3), "heads"):
    print("head", head)
"""
    notebook = new_notebook(cells=[new_code_cell(code)])
    NotebookClient(notebook, timeout=600).execute(cwd=str(CHECKOUT))
    printed = [each.text for each in notebook.cells[0].outputs if each.output_type == "stream"]
    assert "".join(printed) == "head 0\nhead 1\nhead 2\n"
    (place,) = [each.data for each in notebook.cells[0].outputs if each.output_type == "display_data"]
    assert place == {"text/plain": "", "text/html": ""}


def test_notebooks_find_it_among_the_pictures():
    assert public is progress
