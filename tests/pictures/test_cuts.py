"""The tokens of a text: typed by hand, and after each number of merges."""

import re

import pytest

from utils.pictures import cuts_slider, token_explorer
from utils.tokens import load_tokenizer


@pytest.fixture(scope="module")
def encode():
    return load_tokenizer().encode


def shown(widget) -> str:
    """Return the HTML below the controls."""
    return re.sub(r"<[^>]*>", "\n", widget.children[-1].value)


def boxes(widget) -> list[str]:
    """Return the texts of the coloured boxes."""
    return re.findall(r"font-family:monospace\">([^<]*)</span>", widget.children[-1].value)


def test_the_explorer_shows_the_tokens_with_their_ids_and_three_lengths(encode) -> None:
    explorer = token_explorer(encode, "naïve <b>")
    assert boxes(explorer) == ["na", "ïve", "·&lt;", "b", "&gt;"]
    assert "9 characters · 10 bytes" in shown(explorer)
    assert "5 tokens" in shown(explorer)
    assert [int(line) for line in shown(explorer).split() if line.isdigit() and len(line) > 2]


def test_typing_draws_anew(encode) -> None:
    explorer = token_explorer(encode, "cat")
    assert boxes(explorer) == ["cat"]
    explorer.children[0].value = " cat 🦙"
    assert boxes(explorer) == ["·cat", "·\\xf0\\x9f", "\\xa6", "\\x99"]
    explorer.children[0].value = ""
    assert boxes(explorer) == [] and "0 tokens" in shown(explorer)


def test_one_is_singular(encode) -> None:
    text = shown(token_explorer(encode, "a"))
    assert "1 character · 1 byte" in text and "1 token\n" in text


def test_an_encoder_that_is_not_written_yet_says_so() -> None:
    def encode(text: str) -> list[int]:
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        token_explorer(encode, "a")


def test_the_slider_goes_through_the_steps_in_their_order() -> None:
    slider = cuts_slider({10: ["the"], 0: ["t", "h", "e"], 1: ["th", "e"]})
    control = slider.children[0]
    assert boxes(slider) == ["t", "h", "e"] and "3 pieces" in shown(slider)
    seen = []
    for _, number in control.options:
        control.value = number
        seen.append(boxes(slider))
    assert seen == [["t", "h", "e"], ["th", "e"], ["the"]]
    assert "1 piece\n" in shown(slider)


def test_what_cannot_be_shown_is_said() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        cuts_slider({})
    with pytest.raises(ValueError, match="the pieces after 3 merges must be a list of strings"):
        cuts_slider({3: "the"})
