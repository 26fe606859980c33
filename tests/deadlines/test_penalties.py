"""Penalties in the gradebook follow the due date, the policy, extensions and what a person grades later."""

import sqlite3
from contextlib import closing

import nbformat
import pytest
from class_run.small_class import HALF, PERFECT, WEEK, SmallClass
from nbgrader.preprocessors import AssignLatePenalties

from grader.build.release import load_config
from grader.class_run import run
from grader.gradebook.penalties import stale_penalties
from utils.errors import CourseError

from .gradebook import give_points, gradebook, hand_in, penalty

pytestmark = pytest.mark.usefixtures("in_process")

CLASS = {
    "ada": (PERFECT, "2026-03-06 17:59:59"),
    "eve": (HALF, "2026-03-06 18:00:01"),
    "kim": (PERFECT, "2026-03-09 20:00:00"),
}


@pytest.fixture
def graded(late_class: SmallClass) -> SmallClass:
    """A class of three: one in time, one a second late, one in the fourth day."""
    for student, (answers, time) in CLASS.items():
        hand_in(late_class, student, answers, time)
    assert late_class.grade().graded == tuple(CLASS)
    return late_class


def penalties(small: SmallClass) -> dict[str, float]:
    return {student: penalty(small, student) for student in CLASS}


def test_each_begun_day_costs_a_tenth_of_the_points(graded):
    assert penalties(graded) == pytest.approx({"ada": 0, "eve": 6, "kim": 42.8})
    shown = [result.penalty for result in graded.grade().results]
    assert shown == pytest.approx([0, 6, 42.8])


def test_nbgraders_own_step_comes_to_the_same(graded):
    ours = penalties(graded)
    with gradebook(graded) as book:
        for student in CLASS:
            book.find_submission(WEEK.folder, student).notebooks[0].late_submission_penalty = 77
        book.db.commit()
    config = load_config(graded.root)
    for student in CLASS:
        names = {"notebook": WEEK.notebook, "assignment": WEEK.folder, "student": student}
        resources = {"nbgrader": {**names, "db_url": config.CourseDirectory.db_url}}
        AssignLatePenalties(config=config).preprocess(nbformat.v4.new_notebook(), resources)
    assert penalties(graded) == ours


def test_another_due_date_makes_the_penalties_anew(graded):
    with gradebook(graded) as book:
        book.update_or_create_assignment(WEEK.folder, duedate="2026-03-09 18:00 UTC")
    assert graded.grade().graded == tuple(CLASS)
    assert penalties(graded) == pytest.approx({"ada": 0, "eve": 0, "kim": 10.7})


def test_another_policy_makes_the_penalties_anew(graded):
    graded.configure("c.LatePolicy.grace_minutes = 5", "c.LatePolicy.most_percent = 20")
    assert graded.grade().graded == tuple(CLASS)
    assert penalties(graded) == pytest.approx({"ada": 0, "eve": 0, "kim": 21.4})


def test_what_a_person_gives_later_is_late_as_well_and_nothing_runs_again(graded):
    give_points(graded, "ada", 10)
    give_points(graded, "kim", 10)
    assert penalty(graded, "kim") == pytest.approx(42.8)  # nbgrader leaves it
    outcome = graded.grade()
    assert (outcome.graded, outcome.kept) == ((), tuple(CLASS))
    assert penalties(graded) == pytest.approx({"ada": 0, "eve": 6, "kim": 46.8})
    assert outcome.results[2].penalty == pytest.approx(46.8)


def test_only_those_who_were_named_get_a_new_penalty(graded):
    give_points(graded, "kim", 10)
    graded.grade(students=("eve",))
    assert penalty(graded, "kim") == pytest.approx(42.8)


def test_a_penalty_that_cannot_be_written_is_said(graded, monkeypatch):
    give_points(graded, "kim", 10)
    formgrader = sqlite3.connect(graded.database, isolation_level=None)

    def found_stale_then_locked(*arguments):
        stale = stale_penalties(*arguments)
        formgrader.execute("BEGIN IMMEDIATE")
        return stale

    with closing(formgrader), monkeypatch.context() as patch:
        patch.setattr(run, "stale_penalties", found_stale_then_locked)
        outcome = graded.grade()
    assert (
        "its penalty for lateness could not be made anew: the gradebook is locked" in outcome.failures["kim"]
    )
    assert outcome.kept == ("ada", "eve")
    assert penalty(graded, "kim") == pytest.approx(42.8)
    assert graded.grade().kept == tuple(CLASS)
    assert penalty(graded, "kim") == pytest.approx(46.8)


def test_a_policy_that_cannot_be_is_said_and_no_grade_changes(graded):
    graded.configure("c.LatePolicy.percent_per_day = -10")
    with pytest.raises(CourseError, match="percent_per_day"):
        graded.grade()
    assert penalty(graded, "kim") == pytest.approx(42.8)
