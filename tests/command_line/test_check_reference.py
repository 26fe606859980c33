"""`course check` uses the reference that grading uses, whatever is in the hub's cache."""

import pytest
from huggingface_hub import constants

from tests.reference.hub_cache import put_in_cache, write_small_model
from utils.reference import load
from utils.self_check import check_week
from utils.weeks import find_week

from . import notebooks as make

WEEK = find_week(5)

SEEN = """
import os
from utils.reference import ReferenceMissing, load

reference = load()
assert reference.name == "storyteller", reference.name
for download in (False, True):
    try:
        load("gpt2", download=download)
    except ReferenceMissing as problem:
        assert ("HF_HUB_OFFLINE" in str(problem)) == download, problem
    else:
        raise AssertionError("gpt2 is there")
"""

NOTE = "This ran with the storyteller as reference, as where work is graded."


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub's cache, for this process and for the kernels that it starts."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


@pytest.fixture
def result(copy):
    path = make.save(WEEK, copy, make.check("reference", SEEN, 100))
    return lambda: check_week(WEEK, path)


def test_with_gpt2_in_the_cache_the_reference_is_the_storyteller_and_a_note_says_so(cache, tmp_path, result):
    put_in_cache(cache, "openai-community/gpt2", write_small_model(tmp_path / "gpt2"))
    assert load(quiet=True).name == "gpt2", "the notebook itself"
    checked = result()
    assert [(row.points, row.reason) for row in checked.rows] == [(100, "ran without an error")]
    (note,) = checked.notes
    assert note.startswith(NOTE)


def test_with_an_empty_cache_there_is_nothing_to_say(cache, result):
    checked = result()
    assert [(row.points, row.reason) for row in checked.rows] == [(100, "ran without an error")]
    assert checked.notes == ()
