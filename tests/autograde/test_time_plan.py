"""How a notebook's time is divided, without waiting for any of it."""

import pytest

from grader.autograde.time_plan import AFTER_LATE_SECONDS, TimePlan
from grader.kernels import messages
from grader.kernels.messages import StreamTimeout
from grader.sandbox.limits import Limits


class Clock:
    now = 1000.0


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(messages.time, "monotonic", lambda: clock.now)
    return clock


def test_cells_leave_time_for_the_checks(clock):
    plan = TimePlan(Limits())
    assert (plan.cells().left(), plan.whole.left()) == (75, 150)
    clock.now += 75
    assert plan.cells_without_own().left() == pytest.approx(22.5)
    clock.now += 22.5
    assert plan.whole.left() == 52.5


def test_nothing_begins_when_the_whole_time_is_over(clock):
    plan = TimePlan(Limits())
    clock.now += 140
    assert plan.cells().left() == 10
    assert plan.check(20).left() == 10
    clock.now += 10
    assert not plan.whole.is_left()
    with pytest.raises(StreamTimeout):
        plan.check(20)
    with pytest.raises(StreamTimeout):
        plan.cells().left()
    assert plan.note_late(20) == "the notebook's 150 s were over"


def test_after_two_late_checks_each_has_a_few_seconds(clock):
    plan = TimePlan(Limits())
    for _ in range(2):
        assert plan.check_seconds() == 20
        assert plan.note_late(20) == "it ran longer than 20 s"
    assert plan.check_seconds() == AFTER_LATE_SECONDS
    said = plan.note_late(plan.check_seconds())
    assert said == "it ran longer than the 5 s of a check after 2 that took too long"


@pytest.mark.parametrize(("cell", "check", "seconds"), [(3, 20, 3), (60, 20, 20), (30, 4, 4)])
def test_a_check_is_a_cell_too(cell, check, seconds):
    plan = TimePlan(Limits(cell_seconds=cell, check_seconds=check))
    assert plan.check_seconds() == seconds
    for _ in range(2):
        plan.note_late(seconds)
    assert plan.check_seconds() == min(seconds, AFTER_LATE_SECONDS)


def test_a_hostile_notebook_holds_a_worker_three_minutes_at_most():
    """All that waits for a submission ends with the plan; what the judge does last has limits of its own."""
    from grader.autograde.check_session import _COMPARING_SECONDS, _NAMING_SECONDS

    assert Limits().notebook_seconds + _NAMING_SECONDS + _COMPARING_SECONDS <= 180
