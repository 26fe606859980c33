"""`course extend`: more time for one student."""

import pytest
from class_run.small_class import HALF, PERFECT, WEEK
from typer.testing import CliRunner

from utils.command_line.app import app

from .gradebook import gradebook, hand_in, penalty

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def graded(late_class):
    """Two who are a day late and a bit."""
    hand_in(late_class, "ada", PERFECT, "2026-03-07 19:00:00")
    hand_in(late_class, "eve", HALF, "2026-03-07 19:00:00")
    late_class.grade()
    return late_class


@pytest.fixture
def course(late_class, monkeypatch):
    """Calls `course` in the class's folder."""
    monkeypatch.chdir(late_class.root)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_an_extension_takes_the_penalty_back_for_one_student(graded, course):
    assert penalty(graded, "ada") == pytest.approx(21.4)
    done = course("extend", "1", "ada", "--days", "2")
    assert done.exit_code == 0, done.output
    assert "ada has time until 2026-03-08 18:00 UTC" in done.output
    assert graded.grade().graded == ("ada",)
    assert (penalty(graded, "ada"), penalty(graded, "eve")) == (0, 12)


def test_another_one_takes_its_place_and_none_takes_it_back(graded, course):
    course("extend", "vectors", "ada", "--days", "7")
    done = course("extend", "week01_vectors", "ada", "--days", "0.5")
    assert "ada has time until 2026-03-07 06:00 UTC" in done.output
    graded.grade()
    assert penalty(graded, "ada") == pytest.approx(10.7)
    done = course("extend", "1", "ada", "--days", "0")
    assert "ada has time until 2026-03-06 18:00 UTC, like the class" in done.output
    graded.grade()
    assert penalty(graded, "ada") == pytest.approx(21.4)


def test_points_and_what_was_handed_in_stay(graded, course):
    before = graded.points()
    course("extend", "1", "ada", "--days", "2")
    assert graded.points() == before
    assert graded.grade().results[0].points("core") == 100


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("1", "adda", "--days", "2"), "knows no student 'adda' for week01_vectors; it has ada, eve."),
        (("2", "ada", "--days", "2"), "week02_tokens is not released: `nbgrader generate_assignment"),
        (("13", "ada", "--days", "2"), "There is no week '13'"),
        (("1", "ada", "--days", "-2"), "Invalid value for '--days'"),
        (("1", "ada"), "Missing option '--days'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence(graded, course, arguments, sentence):
    done = course("extend", *arguments)
    assert done.exit_code == 2
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_who_has_handed_in_nothing_cannot_have_one_yet(graded, course):
    with gradebook(graded) as book:
        book.add_student("zoe")
    done = course("extend", "1", "zoe", "--days", "2")
    assert done.exit_code == 2
    assert "no submission of zoe" in done.output
    assert "extend it when it has been graded" in done.output


def test_without_a_due_date_there_is_nothing_to_extend(graded, course):
    with gradebook(graded) as book:
        book.update_or_create_assignment(WEEK.folder, duedate=None)
    done = course("extend", "1", "ada", "--days", "2")
    assert done.exit_code == 2
    assert "week01_vectors has no due date" in done.output
