"""The table of guesses: a row for each depth, a column for each token."""

import pytest

from utils.pictures import guess_table

TOKENS = ["The", "·cat"]
DEPTHS = ["start", "after block 0"]
GUESSES = [["·a", "·<b>"], ["·cat", "·sat"]]
SHARES = [[0.25, 0.5], [0.75, 1.0]]


def test_it_says_what_every_depth_guesses_at_the_end() -> None:
    picture = guess_table(GUESSES, SHARES, TOKENS, DEPTHS)
    assert picture.in_words == "Guesses after '·cat': start '·<b>' (0.50), after block 0 '·sat' (1.00)"


def test_every_cell_shows_its_guess_and_its_share() -> None:
    html = guess_table(GUESSES, SHARES, TOKENS, DEPTHS).bundle["text/html"]
    assert html.count("<td ") == 4
    assert ">·&lt;b&gt;</td>" in html
    assert "after &#x27;The&#x27;: &#x27;·cat&#x27;, 0.75" in html


def test_the_surer_the_bluer() -> None:
    html = guess_table(GUESSES, SHARES, TOKENS, DEPTHS).bundle["text/html"]
    strengths = [float(cell.split("236, ")[1].split(")")[0]) for cell in html.split("<td ")[1:]]
    assert strengths == sorted(strengths)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"depths": ["start"]}, "There are 1 depths, but the depth axis has 2"),
        ({"tokens": ["The"]}, "There are 1 tokens or guesses in a row, but the token axis has 2"),
        ({"guesses": GUESSES[:1]}, "There are 1 rows of guesses, but the depth axis has 2"),
        ({"probabilities": [0.5, 1.0]}, "probabilities must have two axes"),
    ],
)
def test_sides_that_do_not_fit_are_named(changed: dict, said: str) -> None:
    given = {"guesses": GUESSES, "probabilities": SHARES, "tokens": TOKENS, "depths": DEPTHS}
    with pytest.raises(ValueError, match=said):
        guess_table(**given | changed)
