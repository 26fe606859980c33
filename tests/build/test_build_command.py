"""`course build`, as it is typed."""

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from utils.command_line.app import app

from .small_course import VECTORS, replace_in, source_of


@pytest.fixture
def run(course, monkeypatch):
    """Runs `course …` in the small course."""
    monkeypatch.chdir(course)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_it_says_what_it_built(run, course):
    outcome = run("build")
    assert outcome.exit_code == 0, outcome.output
    assert "week01_vectors  15 cells, 3 checks; points: 100 core, 7 stretch, 10 written" in outcome.output
    assert "written  course/week03_embeddings/parts.py" in outcome.output
    assert (course / "course/week01_vectors/vectors.ipynb").is_file()
    assert "Every file was up to date." in run("build").output


def test_one_week_goes_by_number_and_name(run, course):
    assert run("build", "3").exit_code == 0
    assert not (course / "course/week01_vectors").exists()
    assert run("build", "vectors").exit_code == 0
    assert (course / "course/week01_vectors").exists()


def test_it_works_from_a_folder_inside(run, course, monkeypatch):
    monkeypatch.chdir(course / "solutions" / VECTORS.folder)
    assert run("build", "1").exit_code == 0
    assert (course / "course/week01_vectors/vectors.ipynb").is_file()


def test_check_changes_nothing_and_ends_with_1_when_something_differs(run, course):
    outcome = run("build", "--check")
    assert outcome.exit_code == 1
    assert "course/week01_vectors/vectors.ipynb is missing" in outcome.output
    assert not (course / "course").exists()
    run("build")
    assert run("build", "--check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["build", "13"], "There is no week '13'. The weeks are 1 (vectors)"),
        (
            ["build", "7"],
            "Week 7 has no source yet: solutions/week07_transformer/transformer.py is not there.",
        ),
        (["demo", "2"], "Week 2 has no notebook yet, only parts for later weeks."),
        (["demo", "potions"], "There is no week 'potions'"),
    ],
)
def test_a_week_that_cannot_be_built_is_said_in_a_sentence(run, arguments, sentence):
    outcome = run(*arguments)
    assert outcome.exit_code not in {0, None}
    assert sentence in outcome.stderr
    assert "Traceback" not in outcome.output


def test_two_demonstrations_do_not_disturb_each_other(run, course):
    lock = course / "grader/classroom/demo.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        outcome = run("demo", "1")
    assert outcome.exit_code not in {0, None}
    assert "Another `course demo` is at work" in outcome.stderr


def test_a_broken_source_is_said_in_a_sentence(run, course):
    replace_in(source_of(course, VECTORS), '"points": 60', '"points": 50')
    outcome = run("build")
    assert outcome.exit_code not in {0, None}
    assert "its core checks add up to 90 points; they must add up to 100" in outcome.stderr
    assert not (course / "course").exists()


def test_work_in_a_notebook_is_kept_until_overwrite(run, course):
    run("build")
    notebook = course / "course/week01_vectors/vectors.ipynb"
    notebook.write_text(notebook.read_text().replace("raise NotImplementedError()", "return 0", 1))
    before = notebook.read_bytes()
    assert "holds somebody's work in dot_product" in run("build").stderr
    assert notebook.read_bytes() == before
    assert run("build", "--overwrite").exit_code == 0
    assert notebook.read_bytes() != before
