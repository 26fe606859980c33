"""Attacks on folders, links, times and names, all in one class, graded by `course grade`."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from autograde import week05
from class_run.small_class import Here
from nbgrader.api import Gradebook
from rich.console import Console

from grader.autograde.grade import cool_down
from grader.build.build import make
from grader.build.install import write
from grader.build.release import load_config
from grader.class_run import run
from grader.class_run.options import ClassRunOptions
from grader.class_run.run import ClassRunResult, grade_class
from grader.folders import CONFIG
from grader.report.table import results_table
from grader.tools.nbgrader_commands import nbgrader

from .folders import ADA, FOLDERS, NOTEBOOK, FolderAttack

pytestmark = pytest.mark.slow

WEEK = week05.WEEK
LAUNCHED = Path("/tmp/launched")
STUDENTS = {attack.student or f"student {number}": attack for number, attack in enumerate(FOLDERS)}


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course folder with week 5 released and the honest student's submission."""
    folder = tmp_path_factory.mktemp("class") / "course folder"
    folder.mkdir()
    shutil.copy(week05.REPOSITORY / CONFIG, folder)
    write(folder, [make(week05.REPOSITORY, WEEK).moved(week05.REPOSITORY, folder)])
    outcome = nbgrader(folder, "generate_assignment", WEEK.folder, "--force")
    assert outcome.ok, outcome.log
    hand_in(folder, ADA, FolderAttack("", "", lambda place: _solved(place)))
    return folder


@pytest.fixture(scope="module")
def graded(course: Path) -> Iterator[tuple[ClassRunResult, dict[str, bytes]]]:
    """The whole class graded after the honest student, and her files as they were before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "processes", _here)
        assert grade_class(course, ClassRunOptions(WEEK)).graded == (ADA,)
        before = files_of(course, ADA)
        for student, attack in STUDENTS.items():
            hand_in(course, student, attack)
        yield grade_class(course, ClassRunOptions(WEEK)), before
    cool_down()


@contextmanager
def _here(*_, **__) -> Iterator[Here]:
    yield Here()


def _solved(place: Path) -> None:
    (place / NOTEBOOK).write_text(json.dumps(week05.solved()))


def hand_in(course: Path, student: str, attack: FolderAttack) -> None:
    """Puts the student's folder where nbgrader collects it."""
    place = course / "classroom/submitted" / student / WEEK.folder
    place.mkdir(parents=True)
    attack.hand_in(place)


def files_of(course: Path, student: str) -> dict[str, bytes]:
    """All files of a student's in the classroom."""
    folder = course / "classroom"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob(f"*/{student}/**/*"))
        if path.is_file()
    }


@pytest.mark.parametrize("student", STUDENTS, ids=[attack.name for attack in FOLDERS])
def test_a_folder_gets_what_it_deserves(graded, student):
    outcome, _ = graded
    attack = STUDENTS[student]
    (result,) = (each for each in outcome.results if each.student == student)
    assert attack.failure in outcome.failures.get(student, "")
    assert bool(attack.failure) == (student in outcome.failures)
    assert len(attack.odd) == len(result.odd)
    assert all(part in odd for part, odd in zip(attack.odd, result.odd, strict=True))
    points = sum(row.points for row in result.rows) if result.rows else None
    assert points == attack.points


def test_the_honest_student_is_untouched(graded, course):
    outcome, before = graded
    assert ADA in outcome.kept
    assert files_of(course, ADA) == before
    with Gradebook(load_config(course).CourseDirectory.db_url) as gradebook:
        assert gradebook.find_submission(WEEK.folder, ADA).score == week05.FULL


def test_nothing_of_the_students_was_started(graded):
    assert not LAUNCHED.exists()


def test_only_notebooks_pictures_and_times_go_on(graded, course):
    kinds = {path.name for path in course.glob("classroom/autograded/**/*") if path.is_file()}
    assert kinds == {NOTEBOOK, "timestamp.txt"}


def test_the_table_holds_no_commands_for_the_terminal(graded):
    outcome, _ = graded
    console = Console(record=True, width=200, force_terminal=True, color_system=None)
    console.print(results_table(WEEK, [], outcome.results))
    text = console.export_text(styles=True)
    assert "\x1b[2J" not in text
    assert "\u202e" not in text
