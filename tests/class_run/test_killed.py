"""kill -9 at any moment loses nothing: a grade is old or new as a whole, and the next run goes on."""

import random
import shutil
import signal
from pathlib import Path

import nbformat
import pytest

from .killed import in_a_process
from .small_class import HALF, PERFECT, WEEK, SmallClass

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("in_process")]

STUDENTS = ("ada", "eve", "kim", "leo", "new")
SEED = 2026
MOMENTS = 10


@pytest.fixture(scope="module")
def before(released: Path, tmp_path_factory) -> SmallClass:
    """A class that was graded and has handed in something better since; one student is new."""
    with pytest.MonkeyPatch.context() as patch:
        from grader.class_run import run

        from .small_class import here, moved

        patch.setattr(run, "processes", here)
        small = SmallClass(moved(released, tmp_path_factory.mktemp("killed") / "before"))
        for student in STUDENTS[:-1]:
            small.hand_in(student, HALF)
        small.grade()
        for student in STUDENTS:
            place = small.hand_in(student, PERFECT)
            place.with_name("timestamp.txt").write_text("2026-03-01 11:00:00 UTC")
    return small


@pytest.fixture(scope="module")
def moments(before: SmallClass, tmp_path_factory) -> list[int]:
    """Ten events of a whole run, drawn by lot."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(before.root, folder / "whole")
    assert in_a_process(folder / "whole", 0, folder / "count") == 0
    events = int((folder / "count").read_text())
    assert events > 100
    return sorted(random.Random(SEED).sample(range(1, events), MOMENTS))


@pytest.mark.parametrize("number", range(MOMENTS))
def test_a_run_that_is_killed_loses_nothing(before, moments, number, tmp_path):
    small = SmallClass(Path(shutil.copytree(before.root, tmp_path / "class")))
    killed = in_a_process(small.root, moments[number], tmp_path / "count")
    assert killed == -signal.SIGKILL

    done = {student for student in STUDENTS if is_new_or_old(small, before, student) == "new"}

    outcome = small.grade()
    assert set(outcome.kept) == done
    assert set(outcome.graded) == set(STUDENTS) - done
    assert small.points() == dict.fromkeys(STUDENTS, 107)
    top = small.root / "classroom/autograded"
    files = {path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file()}
    names = (WEEK.folder + "/vectors.ipynb", WEEK.folder + "/timestamp.txt")
    assert files == {f"{student}/{name}" for student in STUDENTS for name in names}


def is_new_or_old(small: SmallClass, before: SmallClass, student: str) -> str:
    """What a student's grade is after the kill. Half of one and half of the other is an error."""
    points = small.points().get(student)
    place, staged = small.graded(student), small.classroom.graded_file(WEEK, student).staged
    if points == (None if student == "new" else 60):
        expected = before.graded(student)
        assert place.exists() == expected.exists()
        assert not place.exists() or place.read_bytes() == expected.read_bytes()
        return "old"
    assert points == 107
    # The graded notebook that belongs to the points is whole, in its place or staged beside it.
    file = staged if staged.exists() else place
    notebook = nbformat.read(file, as_version=4)
    assert [cell.outputs[0].data["text/plain"] for cell in notebook.cells if cell.get("outputs")] == [
        "60", "40", "7"
    ]  # fmt: skip
    return "new"


def test_a_run_that_is_killed_again_and_again_gets_done(before, moments, tmp_path):
    small = SmallClass(Path(shutil.copytree(before.root, tmp_path / "class")))
    ends = [in_a_process(small.root, moment, tmp_path / "count") for moment in moments[::3]]
    assert ends[0] == -signal.SIGKILL
    assert set(ends) <= {-signal.SIGKILL, 0}
    small.grade()
    assert small.points() == dict.fromkeys(STUDENTS, 107)
