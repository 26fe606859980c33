"""A student's name in two Unicode spellings is one student."""

import shutil
import unicodedata

import pytest

from .small_class import HALF, PERFECT, WEEK, SmallClass

pytestmark = pytest.mark.usefixtures("in_process")

ZOE = "zo\u00eb"
AS_MACOS = unicodedata.normalize("NFD", ZOE)


def test_a_decomposed_name_is_graded_as_the_composed_one(small: SmallClass):
    small.hand_in(AS_MACOS, PERFECT)
    assert small.grade().graded == (ZOE,)
    assert [path.name for path in small.classroom.all_submitted.iterdir()] == [ZOE]


def test_another_week_in_another_spelling_is_the_same_student(small: SmallClass):
    place = small.hand_in(AS_MACOS, PERFECT).parent
    other = small.classroom.all_submitted / ZOE / "week02_tokens"
    other.mkdir(parents=True)
    assert small.grade().graded == (ZOE,)
    assert not place.exists()
    assert small.points() == {ZOE: 107}


def test_two_submissions_in_two_spellings_are_told_and_neither_is_lost(small: SmallClass):
    small.hand_in(ZOE, HALF)
    assert small.grade().graded == (ZOE,)
    second = small.hand_in(AS_MACOS, PERFECT)
    outcome = small.grade()
    assert "two Unicode spellings" in outcome.failures[ZOE]
    assert [result.student for result in outcome.results] == [ZOE]
    assert outcome.results[0].points("core") == 60
    shutil.rmtree(small.classroom.submitted(WEEK, ZOE).parent)
    assert second.is_file()
    assert small.grade().graded == (ZOE,)
    assert small.points() == {ZOE: 107}
