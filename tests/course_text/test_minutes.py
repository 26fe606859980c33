"""The times that a week states are those of its exercises, and a pair session fits into its 90 minutes."""

import re

import pytest

from utils.weeks import WEEKS

from .minutes import TOLERANCE, alone, duration, example, exercises, minutes, plan, reading, stated
from .notebooks import PAIR_SESSION, section

WEEK = pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)


@WEEK
def test_the_front_matter_states_the_sums_of_the_exercises(week):
    told, parts = stated(week), exercises(week)
    assert (told["core"], told["stretch"]) == (sum(parts["core"].values()), sum(parts["stretch"].values())), (
        f"the Time line of week {week.number}'s first cell should read: {example(week)}"
    )


@WEEK
def test_the_stated_time_of_reading_follows_the_rule(week):
    assert abs(stated(week)["reading"] - reading(week)) <= TOLERANCE, (
        f"the Time line of week {week.number}'s first cell should read: {example(week)}"
    )


@WEEK
def test_exercises_are_numbered_from_1_without_a_gap(week):
    for numbers in exercises(week).values():
        assert list(numbers) == list(range(1, len(numbers) + 1))


@WEEK
def test_the_plan_of_a_pair_session_fills_90_minutes(week):
    rows = plan(week)
    assert [first for first, _, _ in rows] == [0, *(last for _, last, _ in rows[:-1])]
    assert rows[-1][1] == 90


@WEEK
def test_the_exercises_of_a_row_fit_into_it(week):
    core = exercises(week)["core"]
    for first, last, planned in plan(week):
        assert planned == {number: core[number] for number in planned}, (
            "other minutes than the exercise states"
        )
        assert sum(planned.values()) <= last - first, f"{first}–{last}"


@WEEK
def test_every_core_exercise_is_in_the_plan_or_before_or_after_the_session(week):
    planned = [number for _, _, numbers in plan(week) for number in numbers]
    left = alone(week)
    assert planned and len(planned) == len(set(planned))
    assert not left & set(planned)
    assert left | set(planned) == set(exercises(week)["core"])


@WEEK
def test_the_plan_names_no_exercise_without_its_minutes(week):
    rows = [line for line in section(week, PAIR_SESSION).splitlines() if line.startswith("| ")]
    assert [row for row in rows if re.search(r"[Ee]xercises? \d+(?! \(\d+ min\))\b(?! \()", row)] == []


def test_durations_are_read_as_they_are_written():
    assert [minutes(duration(total)) for total in (5, 60, 125, 180)] == [5, 60, 125, 180]
    assert duration(125) == "2 h 5 min"
