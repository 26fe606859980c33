"""What `course grade` prints, and how it ends."""

import pytest
from typer.testing import CliRunner

from utils.command_line.app import app

from .small_class import ADDS, HALF, PERFECT, SmallClass


@pytest.fixture
def course(small: SmallClass, in_process, monkeypatch):
    """Calls `course` in the small class's folder."""
    monkeypatch.chdir(small.root)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments: str):
        return CliRunner().invoke(app, list(arguments))

    return call


def test_a_class_is_graded_and_its_table_shown(course, small):
    small.hand_in("ada", PERFECT)
    small.hand_in("eve", {**ADDS, "length": "correct, by hypot, twice"})
    done = course("grade", "1")
    assert done.exit_code == 0, done.output
    assert "2 to grade." in done.output
    assert "dot_product: adds instead of multiplying" in done.output
    assert "odd: two cells are named length: the first counts." in done.output
    assert "ready-made? length, line 2: calls math.hypot" in done.output
    assert "2 graded." in done.output
    assert "Layers in force: reading alone." in done.output

    again = course("grade", "vectors")
    assert "0 to grade; 2 unchanged since they were graded." in again.output
    assert "2 unchanged." in again.output


def test_a_submission_that_cannot_be_graded_ends_it_with_1(course, small):
    small.hand_in("ada", HALF)
    small.hand_in("zoe [red]", b"{")
    done = course("grade", "1")
    assert done.exit_code == 1
    assert "✗ zoe [red]: The submitted file is not a notebook." in done.output
    assert "1 graded, 1 not graded." in done.output
    small.hand_in("ada", b"{")
    done = course("grade", "1", "--student", "ada")
    assert done.exit_code == 1
    words = " ".join(done.output.replace("│", " ").split())
    assert "(The points are stale: they are of an earlier submission.)" in words


def test_who_is_late_is_said(course, small):
    from nbgrader.api import Gradebook

    from grader.build.release import load_config

    small.configure("c.LateSubmissionPlugin.penalty_method = 'zero'")
    config = load_config(small.root).CourseDirectory
    with Gradebook(config.db_url, config.course_id) as book:
        book.update_or_create_assignment("week01_vectors", duedate="2026-03-01 12:00:00")
    small.hand_in("ada", HALF).with_name("timestamp.txt").write_text("2026-03-02 14:30:00 UTC")
    done = course("grade", "1")
    assert "late by 1 day, 2:30:00; penalty 60" in done.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("grade", "13"), "There is no week '13'"),
        (("grade", "1"), "Nobody has handed in week 1"),
        (("report", "1"), "Nobody has handed in week 1"),
        (("report", "zero"), "There is no week 'zero'"),
        (("bundle", "99"), "There is no week '99'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(course, arguments, sentence):
    done = course(*arguments)
    assert done.exit_code == 2
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_the_secret_is_never_shown(course, small):
    small.hand_in("ada", PERFECT)
    output = course("grade", "1").output + course("report", "1", "--csv", "grades.csv").output
    secret = (small.root / "classroom/secret").read_text()
    assert len(secret) == 64
    everything = [path for path in small.root.rglob("*") if path.is_file() and path.name != "secret"]
    assert secret not in output
    assert [path for path in everything if secret.encode() in path.read_bytes()] == []
