"""What cells of a student's own may cost: their share of the time, and two kernels."""

import pytest

from grader.autograde.merge_answers import NotebookStep
from grader.autograde.own_cells import OwnCells
from grader.kernels.messages import StreamTimeout
from grader.sandbox.limits import Limits

HELPER = "import math\n\nprint('slow')\n\ndef helper():\n    return math.pi"


def steps() -> list[NotebookStep]:
    """A helper, an answer, its check, and an experiment below it."""
    return [
        NotebookStep(None, "cell 1", None, (HELPER,)),
        NotebookStep(None, "answer", "answer", ("x = compute()\ndef answer():\n    return 1",)),
        NotebookStep(None, "check_answer", "check", ("check(answer)",)),
        NotebookStep(None, "cell 4", None, ("experiment()",)),
    ]


@pytest.fixture
def own() -> OwnCells:
    return OwnCells(steps(), Limits(notebook_seconds=100))


def test_they_have_a_share_of_the_notebooks_time(own):
    assert 0 < own.left() < 100
    own.spend(own.left())
    with pytest.raises(StreamTimeout):
        own.left()
    assert own.cost_too_much()


def test_two_kernels_may_be_lost_and_a_third_is_too_many(own):
    own.count(0)
    own.count(3)
    own.count(1)  # an answer's
    assert not own.cost_too_much()
    own.count(0)
    assert own.cost_too_much()


def test_when_they_are_left_out_what_they_define_stays(own):
    assert own.leave_out() == [0, 3]
    assert own.is_left_out(0)
    assert not own.is_left_out(1)
    assert not own.remain()
    (kept,) = own.definitions_of(0)
    assert "def helper" in kept
    assert "slow" not in kept
    assert own.definitions_of(3) == ()


def test_an_answer_keeps_its_definitions_and_a_check_has_none(own):
    assert own.definitions_of(1) == ("def answer():\n    return 1",)
    assert own.definitions_of(2) == ()


def test_only_own_cells_are_after_the_last_check(own):
    assert [own.is_after_last_check(place) for place in range(4)] == [False, False, False, True]
