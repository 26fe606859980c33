"""The sampling explorer: a box for the prompt, three sliders, two bars for each token."""

import re

import pytest
import torch

from utils.pictures import sampling_explorer

LOGITS = torch.tensor([0.0, 3.0, 1.0, 2.0, -1.0])
"""Of the tokens !, ", #, $ and %, which are GPT-2's first five."""


class Change:
    """A function that divides by the temperature and records its arguments."""

    def __init__(self):
        self.asked = []

    def __call__(self, logits, temperature, k, p):
        self.asked.append((temperature, k, p))
        hidden = logits < logits.topk(k).values[-1]
        return logits.masked_fill(hidden, -torch.inf) / max(temperature, 1e-4)


def shown(widget) -> str:
    """Return the HTML below the controls."""
    return re.sub(r"<[^>]*>", "\n", widget.children[-1].value)


def shares(widget) -> list[str]:
    """Return the changed probabilities, as shown after the bars."""
    return re.findall(r"([\d.]+%)</div></div>", widget.children[-1].value)


def controls(widget):
    """The prompt, the temperature, k and p."""
    return widget.children[:-1]


def test_at_first_it_shows_the_models_own_probabilities() -> None:
    change = Change()
    explorer = sampling_explorer(lambda text: LOGITS, change, "a")
    assert change.asked == [(1.0, 5, 1.0)]
    assert shares(explorer) == ["63.6%", "23.4%", "8.6%", "3.2%", "1.2%"]
    assert "5 of 5 tokens can be drawn." in shown(explorer)
    assert "The surest has 63.6%" in shown(explorer)


def test_tokens_beyond_the_shown_ones_stand_together() -> None:
    explorer = sampling_explorer(lambda text: LOGITS, Change(), "a", shown=2)
    # 8.6 + 3.2 + 1.2, before rounding 12.95: float32 may fall on either side.
    assert shares(explorer)[:2] == ["63.6%", "23.4%"]
    assert shares(explorer)[2] in {"12.9%", "13.0%"}
    assert "3 others" in shown(explorer)


def test_the_sliders_reach_the_students_function() -> None:
    change = Change()
    explorer = sampling_explorer(lambda text: LOGITS, change, "a")
    _, temperature, k, p = controls(explorer)
    temperature.value, k.value, p.value = 0.5, 2, 0.9
    assert change.asked[-1] == (0.5, 2, 0.9)
    assert shares(explorer) == ["88.1%", "11.9%", "0.0%", "0.0%", "0.0%"]
    assert "2 of 5 tokens can be drawn." in shown(explorer)
    assert explorer.children[-1].value.count("line-through") == 3
    temperature.value = 0
    assert "1 of 5 tokens" in shown(explorer)


def test_another_prompt_asks_the_model_and_a_slider_does_not() -> None:
    asked = []

    def predict(text):
        asked.append(text)
        return LOGITS + 0.0 if text == "a" else -LOGITS

    explorer = sampling_explorer(predict, Change(), "a")
    prompt, temperature, *_ = controls(explorer)
    temperature.value = 2.0
    prompt.value = "b"
    assert asked == ["a", "b"]
    assert shares(explorer)[0] != "63.6%"


def test_a_change_in_place_spoils_no_later_picture() -> None:
    explorer = sampling_explorer(lambda text: LOGITS.clone(), lambda logits, *how: logits.zero_(), "a")
    controls(explorer)[1].value = 2.0
    assert shares(explorer)[0] == "20.0%"
    assert '">63.6%' not in explorer.children[-1].value
    assert "0.6364 of the model, 0.2000 drawn with" in explorer.children[-1].value


def test_a_function_that_is_not_written_yet_says_so() -> None:
    def change(logits, temperature, k, p):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        sampling_explorer(lambda text: LOGITS, change, "a")


def test_something_must_be_shown() -> None:
    with pytest.raises(ValueError, match="at least 1 token"):
        sampling_explorer(lambda text: LOGITS, Change(), "a", shown=0)
