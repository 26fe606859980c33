"""The same file gets the same points by `course grade`, by `nbgrader autograde` and by `course check`."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from autograde import week05
from filelock import FileLock
from nbgrader.api import Gradebook

from grader.build.build import make
from grader.build.install import write
from grader.class_run.options import ClassRunOptions
from grader.class_run.run import grade_class
from grader.folders import CONFIG
from grader.tools.nbgrader_commands import nbgrader
from utils.self_check import check_week

from . import edits
from .rows import EXAMPLES, ROWS

pytestmark = pytest.mark.slow

SHORT = 'c.TrustedExecute.limits = {"cell_seconds": 2, "notebook_seconds": 30}\n'
NOT_READ = "a byte order mark"
"""Files that nbgrader itself refuses before the executor reads them, as the handbook says."""
STUDENTS = {f"s{number:03}": example for number, example in enumerate(EXAMPLES) if example[1] != NOT_READ}
FIRST = {row.what: next(name for name, (each, _, _) in STUDENTS.items() if each is row) for row in ROWS}
"""The student who hands in a row's first example: `course check` takes some seconds for each."""


POINTS = "points.json"
"""In the course folder: every student's points, by the way in which they were graded."""


@pytest.fixture(scope="module")
def classroom(shared: Path) -> Path:
    """A course folder in which a student of its own has submitted each example, graded in two ways.

    One worker of pytest's makes it for all.
    """
    folder = shared / "honest class"
    with FileLock(folder.with_suffix(".once")):
        if not (folder / POINTS).is_file():
            folder.mkdir()
            _hand_in(folder)
            (folder / POINTS).write_text(json.dumps(_grade(folder)))
    return folder


def _hand_in(folder: Path) -> None:
    shutil.copy(week05.REPOSITORY / CONFIG, folder)
    with (folder / CONFIG).open("a") as config:
        config.write(SHORT)
    write(folder, [make(week05.REPOSITORY, week05.WEEK).moved(week05.REPOSITORY, folder)])
    for student, (_, _, edit) in STUDENTS.items():
        place = folder / "classroom/submitted" / student / week05.WEEK.folder
        place.mkdir(parents=True)
        (place / week05.RELEASED.name).write_bytes(edits.as_bytes(edits.made(edit)))
    assert nbgrader(folder, "generate_assignment", week05.WEEK.folder, "--force").ok


def _grade(folder: Path) -> dict[str, dict[str, float]]:
    """Grade by `course grade`, and then by `nbgrader autograde`."""
    grade_class(folder, ClassRunOptions(week05.WEEK))
    by_course = scores(folder)
    done = nbgrader(folder, "autograde", week05.WEEK.folder, "--force")
    assert done.ok, done.log
    return {"course grade": by_course, "nbgrader autograde": scores(folder)}


def scores(folder: Path) -> dict[str, float]:
    """Return every student's points from the gradebook."""
    with Gradebook(f"sqlite:///{folder / 'classroom/gradebook.db'}") as gradebook:
        return {each.student.id: each.score for each in gradebook.assignment_submissions(week05.WEEK.folder)}


@pytest.fixture(scope="module")
def graded(classroom) -> dict[str, dict[str, float]]:
    """The class's points by each way."""
    return json.loads((classroom / POINTS).read_text())


@pytest.mark.parametrize("way", ["course grade", "nbgrader autograde"])
def test_every_example_gets_its_points(graded, way):
    wanted = {student: row.points for student, (row, _, _) in STUDENTS.items()}
    assert graded[way] == wanted


def test_every_example_has_a_feedback_page(classroom, graded):
    done = nbgrader(classroom, "generate_feedback", week05.WEEK.folder, "--force")
    assert done.ok, done.log
    pages = classroom / "classroom/feedback"
    assert {path.name for path in pages.iterdir() if list(path.rglob("*.html"))} == set(STUDENTS)


@pytest.mark.parametrize("row", ROWS, ids=[row.what for row in ROWS])
def test_course_check_gives_the_same_points(classroom, graded, row, monkeypatch):
    student = FIRST[row.what]
    notebook = classroom / "classroom/submitted" / student / week05.WEEK.folder / week05.RELEASED.name
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    monkeypatch.chdir(classroom)
    result = check_week(week05.WEEK, notebook)
    assert result.points("core") + result.points("stretch") == graded["course grade"][student]
    assert {each.exercise for each in result.rows if each.mark == "○"} == row.lost
