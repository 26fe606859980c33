"""The shape scratchpad: it keeps every shape and reports an axis that changes its size."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils.scratchpad import Scratchpad

AXES = st.sampled_from(["batch", "seq", "n_heads", "d_head", "d_model"])
SIZES = st.fixed_dictionaries(
    {axis: st.integers(1, 9) for axis in ["batch", "seq", "n_heads", "d_head", "d_model"]}
)
ROWS = st.lists(st.lists(AXES, max_size=4, unique=True), min_size=1, max_size=6)


def test_a_row_is_printed_as_it_is_noted(capsys: pytest.CaptureFixture) -> None:
    Scratchpad().note("q", torch.zeros(2, 6, 64), "batch seq d_head")
    assert capsys.readouterr().out == "q: batch seq d_head = (2, 6, 64)\n"


def test_an_axis_that_changes_is_a_sentence(capsys: pytest.CaptureFixture) -> None:
    pad = Scratchpad()
    pad.note("q", (2, 6, 64), "batch seq d_head")
    pad.note("k", (2, 5, 64), "batch seq d_head")
    assert capsys.readouterr().out.endswith("\n  ✗ `seq` was 6 in q and is 5 in k.\n")
    assert pad.complaints() == {"k": ["`seq` was 6 in q and is 5 in k."]}


def test_what_was_agreed_counts_first() -> None:
    pad = Scratchpad(d_model=768)
    pad.note("W_Q", (64, 768), "d_model d_head")
    assert pad.complaints() == {"W_Q": ["`d_model` was agreed to be 768 and is 64 in W_Q."]}
    assert pad.sizes == {"d_model": 768, "d_head": 768}


def test_an_axis_may_not_have_two_sizes_in_one_tensor() -> None:
    pad = Scratchpad()
    pad.note("pattern", (6, 5), "seq seq")
    assert pad.complaints() == {"pattern": ["`seq` was 6 in pattern and is 5 in pattern."]}


def test_the_wrong_number_of_axes_is_a_sentence() -> None:
    pad = Scratchpad()
    pad.note("b_Q", (64,), "n_heads d_head")
    pad.note("x", (), "... seq")
    assert pad.complaints() == {
        "b_Q": ["`b_Q` has 1 axis (64,), and you named 2: n_heads d_head."],
        "x": ["`x` has 0 axes (), and you named at least 1: ... seq."],
    }


def test_dots_stand_for_any_axes_at_the_front() -> None:
    pad = Scratchpad(query=5)
    pad.note("one", (5, 6), "... query key")
    pad.note("many", (2, 3, 5, 6), "... query key")
    pad.note("wrong", (2, 3, 6, 5), "... query key")
    assert list(pad.complaints()) == ["wrong"]


def test_dots_stand_nowhere_else() -> None:
    with pytest.raises(ValueError, match=r'"\.\.\." may only stand at the front of the axes'):
        Scratchpad().note("q", (2, 3), "batch ...")


def test_a_number_is_a_size_that_never_changes() -> None:
    pad = Scratchpad()
    pad.note("mask", (1, 1, 6), "1 1 seq")
    pad.note("scores", (2, 1, 6), "1 1 seq")
    assert pad.complaints() == {"scores": ["An axis of `scores` should have the size 1; it has 2."]}


def test_a_cell_that_runs_again_replaces_its_row() -> None:
    pad = Scratchpad()
    pad.note("q", (2, 5), "batch seq")
    pad.note("q", (2, 6), "batch seq")
    assert pad.complaints() == {}
    assert pad.sizes == {"batch": 2, "seq": 6}


def test_what_has_no_shape_is_refused() -> None:
    with pytest.raises(TypeError, match=r"`q` has no shape: give a tensor, or a shape such as .*, not str."):
        Scratchpad().note("q", "two by six", "batch seq")


@pytest.mark.parametrize("size", [0, -1, 2.0, "6", True])
def test_a_size_is_a_whole_number_from_1(size: object) -> None:
    with pytest.raises(ValueError, match="The size of `seq` must be a whole number from 1"):
        Scratchpad(seq=size)


def test_the_table_in_plain_text_and_in_html() -> None:
    pad = Scratchpad(batch=2)
    pad.note("q", (2, 6), "batch seq")
    pad.note("<k>", (2, 5), "batch seq")
    assert repr(pad) == (
        "agreed: batch = 2\n"
        "q    batch seq  (2, 6)\n"
        "<k>  batch seq  (2, 5)  ✗ `seq` was 6 in q and is 5 in <k>."
    )
    html = pad._repr_html_()
    assert html.count("<tr>") == 3 and "&lt;k&gt;" in html
    assert "✗ <code>seq</code> was 6 in q and is 5 in &lt;k&gt;." in html


def test_an_empty_pad_says_how_to_begin() -> None:
    assert "pad.note(name, tensor, axes)" in repr(Scratchpad())
    assert "pad.note(name, tensor, axes)" in Scratchpad()._repr_html_()


@given(SIZES, ROWS)
def test_tensors_that_agree_are_never_complained_about(sizes: dict[str, int], rows: list[list[str]]) -> None:
    pad = Scratchpad()
    for number, axes in enumerate(rows):
        pad.note(f"t{number}", tuple(sizes[axis] for axis in axes), " ".join(axes))
    assert pad.complaints() == {}
    assert pad.sizes == {axis: sizes[axis] for axis in dict.fromkeys(axis for axes in rows for axis in axes)}


@given(SIZES, ROWS, st.data())
def test_one_changed_axis_is_found_in_its_row(sizes: dict[str, int], rows: list, data: st.DataObject) -> None:
    pad = Scratchpad(**sizes)
    changed = data.draw(st.integers(0, len(rows) - 1))
    for number, axes in enumerate(rows):
        shape = [sizes[axis] for axis in axes]
        if number == changed and axes:
            shape[-1] += 1
        pad.note(f"t{number}", tuple(shape), " ".join(axes))
    expected = {f"t{changed}"} if rows[changed] else set()
    assert set(pad.complaints()) == expected


def test_it_loads_no_torch() -> None:
    code = "import sys, utils.scratchpad, utils.quiz; print('torch' in sys.modules, 'numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]
