"""Bars: one number for each of several things."""

import pytest

from utils.pictures import bars


def test_bars_keep_their_order_and_say_their_numbers() -> None:
    picture = bars({"Greek": 56, "English": 11}, value_title="tokens", title="Cost")
    (trace,) = picture.figure.data
    assert list(trace.y) == ["Greek", "English"]
    assert list(trace.x) == [56, 11]
    assert picture.figure.layout.yaxis.autorange == "reversed"  # the first one on top
    assert picture.figure.layout.xaxis.title.text == "tokens"
    assert picture.in_words == "Bars “Cost”: Greek 56, English 11."


def test_large_numbers_are_written_out() -> None:
    picture = bars({"slow": 0.05531, "middle": 999.4, "fast": 34210.4})
    assert list(picture.figure.data[0].text) == ["0.0553", "999", "34,210"]
    assert picture.figure.layout.xaxis.tickformat == ","


def test_there_must_be_numbers() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        bars({})
    with pytest.raises(ValueError, match="values must be numbers"):
        bars({"a": "many"})
