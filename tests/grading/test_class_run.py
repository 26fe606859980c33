"""A class of strange submissions: each is graded or explained, and none stops the others."""

import json
import shutil
from pathlib import Path

import pytest
from release.small_course import VECTORS

from grader.class_run import autograde_class
from grader.demo.cycle import Demo
from grader.nbgrader_commands import Outcome
from utils.errors import CourseError

pytestmark = pytest.mark.slow


def unseen(outcome: Outcome) -> None:
    """Nobody looks at the commands here."""


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Path:
    """A course folder of this test's own, whose class has not handed in anything."""
    folder = shutil.copytree(demo.folder, tmp_path / "class")
    shutil.rmtree(folder / "classroom/submitted")
    return folder


def hand_in(
    folder: Path, demo: Demo, student: str, change=lambda content: None, name: str = "vectors.ipynb"
) -> None:
    """Hands in the perfect notebook, changed."""
    content = json.loads(demo.classroom.submitted(VECTORS, "perfect").read_text())
    change(content)
    place = folder / "classroom/submitted" / student / VECTORS.folder
    place.mkdir(parents=True)
    (place / name).write_text(json.dumps(content))


def cell(content: dict, grade_id: str) -> dict:
    return next(
        each for each in content["cells"] if each["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def copy_a_check(content: dict) -> None:
    content["cells"].append({**cell(content, "check_length"), "id": "a-copy"})


def make_schema_newer(content: dict) -> None:
    cell(content, "check_length")["metadata"]["nbgrader"]["schema_version"] = 99


def delete_a_check(content: dict) -> None:
    content["cells"].remove(cell(content, "check_length"))


def end_the_kernel(content: dict) -> None:
    cell(content, "length")["source"] = "import os\nos._exit(1)"


def test_each_is_graded_or_explained(folder, demo):
    changes = {
        "a copied check": copy_a_check,
        "a newer schema": make_schema_newer,
        "a dead kernel": end_the_kernel,
        "a missing check": delete_a_check,
        "O'Neil, Zoë 李": lambda content: None,
    }
    for student, change in changes.items():
        hand_in(folder, demo, student, change)
    hand_in(folder, demo, "renamed", name="my vectors.ipynb")
    (folder / "classroom/submitted/nothing" / VECTORS.folder).mkdir(parents=True)

    students = demo.classroom.students(VECTORS)
    assert "perfect" in students
    found = {
        each.student: each
        for each in autograde_class(folder, VECTORS, [*changes, "renamed", "nothing"], unseen)
    }

    assert found["O'Neil, Zoë 李"].points("core") == 100
    assert found["a missing check"].points("core") == 60
    assert "its check cell is missing" in found["a missing check"].rows[1].reason
    assert "it holds 2 cells named check_length" in found["a copied check"].problem
    assert "nbgrader's metadata of check_length was changed" in found["a newer schema"].problem
    assert found["a dead kernel"].problem == "DeadKernelError: Kernel died"
    assert found["renamed"].problem == (
        "no vectors.ipynb was handed in; there is my vectors.ipynb: rename it and grade again."
    )
    assert found["nothing"].problem == "no vectors.ipynb was handed in."


def test_a_gradebook_older_than_the_week_is_said(folder, demo):
    hand_in(folder, demo, "half-done")
    source = folder / "solutions" / VECTORS.folder / "vectors.ipynb"
    source.write_text(source.read_text().replace("check_length", "check_size"))
    with pytest.raises(CourseError, match=r"The gradebook does not know check_size.*--force"):
        autograde_class(folder, VECTORS, ["half-done"], unseen)


def test_a_week_that_has_not_been_built_is_said(folder, demo):
    hand_in(folder, demo, "half-done")
    (folder / "solutions" / VECTORS.folder / "vectors.ipynb").unlink()
    with pytest.raises(CourseError, match="is not there yet: run `course build` first"):
        autograde_class(folder, VECTORS, ["half-done"], unseen)
