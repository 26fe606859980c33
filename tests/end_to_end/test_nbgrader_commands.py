"""nbgrader's own commands on the configured folders: what an instructor and a student of one machine type."""

import csv
import getpass
import json
import shutil
from pathlib import Path

import pytest
from build.small_course import VECTORS

from grader.tools.demo.cycle import Demo
from grader.tools.nbgrader_commands import CommandResult, nbgrader

pytestmark = pytest.mark.slow

WEEK = VECTORS.folder


@pytest.fixture
def folder(demo: Demo, tmp_path: Path) -> Path:
    """A course folder of this test's own, with the graded class in it."""
    return shutil.copytree(demo.folder, tmp_path / "class")


def succeeds(folder: Path, *arguments: str) -> CommandResult:
    outcome = nbgrader(folder, *arguments)
    assert outcome.ok, outcome.log
    return outcome


def test_validate_tells_a_solved_notebook_from_an_unwritten_one(folder):
    solved = succeeds(folder, "validate", f"solutions/{WEEK}/vectors.ipynb")
    assert "Success! Your notebook passes all the tests." in solved.log
    unwritten = succeeds(folder, "validate", f"course/{WEEK}/vectors.ipynb")
    assert "VALIDATION FAILED ON 4 CELL(S)" in unwritten.log


def test_export_writes_the_grades_among_the_instructors_files(folder):
    succeeds(folder, "export")
    assert not (folder / "grades.csv").exists()
    with (folder / "classroom/grades.csv").open() as file:
        scores = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file)}
    assert scores == {"untouched": 0, "perfect": 107, "half-done": 60, "misled": 0, "broken": 0}


def test_a_submission_goes_through_the_exchange_and_its_feedback_comes_back(folder, tmp_path):
    student = tmp_path / "student"
    student.mkdir()
    exchange = [f"--Exchange.root={folder / 'classroom/exchange'}", f"--Exchange.cache={tmp_path / 'cache'}"]
    name = getpass.getuser()

    succeeds(student, "fetch_assignment", WEEK, "--course=gpt2", *exchange)
    assert sorted(path.name for path in (student / WEEK).iterdir()) == ["vectors.ipynb"]
    shutil.copy(folder / "classroom/submitted/half-done" / WEEK / "vectors.ipynb", student / WEEK)
    succeeds(student, "submit", WEEK, "--course=gpt2", *exchange)

    assert name in succeeds(folder, "list", "--inbound").log
    succeeds(folder, "collect", WEEK)
    collected = folder / "classroom/submitted" / name / WEEK
    assert {"vectors.ipynb", "timestamp.txt"} <= {path.name for path in collected.iterdir()}
    succeeds(folder, "autograde", WEEK, f"--student={name}")
    succeeds(folder, "generate_feedback", WEEK, f"--student={name}")
    succeeds(folder, "release_feedback", WEEK, f"--student={name}")

    succeeds(student, "fetch_feedback", WEEK, "--course=gpt2", *exchange)
    (page,) = (student / WEEK / "feedback").rglob("vectors.html")
    assert "not written yet" in page.read_text(encoding="utf-8")


def test_zip_archives_and_odd_names_are_collected(folder):
    archive = folder / "classroom/downloaded" / WEEK / "archive"
    shutil.rmtree(archive)
    archive.mkdir()
    source = folder / "course" / WEEK / "vectors.ipynb"
    for name in (
        "O'Neil, Zoë_vectors.ipynb",
        "li_wei_vectors-2.ipynb",
        "eve_vectors (1).ipynb",
        "notes.txt",
        "vectors.ipynb",
    ):
        shutil.copy(source, archive / name)
    shutil.copytree(source.parent, archive / "zipped" / WEEK)
    shutil.make_archive(str(archive / "ada"), "zip", archive / "zipped")
    shutil.rmtree(archive / "zipped")

    succeeds(folder, "zip_collect", WEEK, "--force")
    submitted = {
        path.parent.parent.name for path in (folder / "classroom/submitted").glob(f"*/{WEEK}/vectors.ipynb")
    }
    assert {"O'Neil, Zoë", "li_wei", "eve", "ada"} <= submitted
    assert not {"extracted", "notes", "vectors"} & submitted

    outcome = succeeds(folder, "autograde", WEEK, "--student=O'Neil, Zoë")
    assert "vectors.ipynb" in outcome.log


def test_the_kernel_is_told_to_stay_offline(folder):
    notebook = folder / "classroom/submitted/half-done" / WEEK / "vectors.ipynb"
    content = json.loads(notebook.read_text())
    cell = next(
        each for each in content["cells"] if each["metadata"].get("nbgrader", {}).get("grade_id") == "length"
    )
    cell["source"] = "import os\nprint('offline:', os.environ['HF_HUB_OFFLINE'])"
    notebook.write_text(json.dumps(content))
    succeeds(folder, "autograde", WEEK, "--student=half-done", "--force")
    graded = json.loads((folder / "classroom/autograded/half-done" / WEEK / "vectors.ipynb").read_text())
    printed = [output.get("text") for each in graded["cells"] for output in each.get("outputs", [])]
    assert ["offline: 1\n"] in printed
