"""`course bundle`: what is in it, what is not, and that its notebooks work where it is unpacked."""

import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from autograde import week05
from build.leaks import find_leaks, needles
from build.small_course import REPOSITORY

from grader.build.build import make
from grader.build.bundle.archive import FOLDER, write_archive
from grader.build.bundle.contents import contents
from grader.build.bundle.needed import utils_files, week_of
from grader.build.source import read_source, weeks_with_source
from grader.command_line import bundle
from grader.tools.demo.sample_class import fill_in, right_answers, wrong_answers
from utils.errors import CourseError
from utils.weeks import WEEKS, find_week

from .small_class import environment

WEEK = find_week(5)
OTHERS = {week.folder for week in WEEKS} - {WEEK.folder}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """Week 5's bundle, unpacked as a student does it."""
    place = tmp_path_factory.mktemp("student")
    bundle.run([WEEK], place / "week5.zip")
    with zipfile.ZipFile(place / "week5.zip") as archive:
        archive.extractall(place)
    return place / FOLDER


@pytest.fixture(scope="module")
def files(unpacked: Path) -> dict[str, Path]:
    return {path.relative_to(unpacked).as_posix(): path for path in unpacked.rglob("*") if path.is_file()}


def test_its_rooms_are_a_students(files):
    top = {
        "LICENSE",
        "Makefile",
        "README.md",
        "environment.yml",
        "make.ps1",
        "pyproject.toml",
        "requirements.lock",
    }
    assert {name.partition("/")[0] for name in files} == {*top, ".setup", "course", "utils"}
    assert {name for name in files if name.startswith("course/")} == {
        "course/README.md",
        "course/glossary.md",
        "course/week05_attention/attention.ipynb",
        "course/week05_attention/parts.py",
    }
    known = {"", ".md", ".ps1", ".py", ".json", ".txt", ".yml", ".toml", ".lock", ".ipynb", ".safetensors"}
    assert {Path(name).suffix for name in files} <= known


def test_it_has_nothing_of_other_weeks(files):
    assert {week_of(name) for name in files} == {"", WEEK.folder}
    assert not {part for name in files for part in Path(name).parts} & OTHERS


@pytest.mark.slow
def test_no_line_of_a_solution_is_in_it(files, unpacked):
    hidden = needles(read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY))
    assert find_leaks(hidden, files.values(), unpacked) == []


def test_it_has_no_mark_of_a_solution_and_no_secret(files):
    for name, path in files.items():
        content = path.read_bytes()
        assert b"BEGIN SOLUTION" not in content, name
        assert b"hidden_seed" not in content, name
        assert b"grader.autograde" not in content, name


def test_the_front_page_names_nothing_that_is_not_there(files):
    text = files["README.md"].read_text()
    assert "week 5" in text
    assert "make lab" in text
    assert not [word for word in ("grader/", "solutions/", "make test", "make demo") if word in text]


def test_the_same_content_is_the_same_archive(tmp_path):
    made = contents(REPOSITORY, [WEEK])
    for name in ("one.zip", "other.zip"):
        write_archive(tmp_path / name, made)
    write_archive(tmp_path / "one.zip", made)  # an earlier bundle may be replaced
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_no_file_looks_as_old_as_the_zip_format(tmp_path):
    write_archive(tmp_path / "one.zip", {"README.md": b"text"})
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert [entry.date_time[0] for entry in archive.infolist()] == [2026]


def test_another_file_is_not_written_over(tmp_path):
    other = tmp_path / "photos.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("photo", "of a cat")
    before = other.read_bytes()
    with pytest.raises(CourseError, match="is no bundle of the course"):
        write_archive(other, {})
    assert other.read_bytes() == before
    with pytest.raises(CourseError, match="cannot be written"):
        write_archive(tmp_path / "nowhere/week.zip", {})
    assert [path.name for path in tmp_path.iterdir()] == ["photos.zip"]


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_what_a_weeks_checks_import_of_other_weeks_comes_along(week, tmp_path):
    """Every import of a module of `utils` finds it among the bundle's files."""
    files = utils_files(REPOSITORY, [week])
    for name in files:
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(files[name])
    found = subprocess.run([sys.executable, "-c", IMPORTS], cwd=tmp_path, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, ""), found.stdout + found.stderr


IMPORTS = """
import ast, pathlib, sys
modules = {str(path.with_suffix("")).replace("/", ".") for path in pathlib.Path("utils").rglob("*.py")}
modules |= {module.removesuffix(".__init__") for module in modules}
for path in pathlib.Path("utils").rglob("*.py"):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("utils"):
            if node.module not in modules:
                print(path, node.module)
            for alias in node.names:
                if alias.name.startswith("week") and f"{node.module}.{alias.name}" not in modules:
                    print(path, node.module, alias.name)
"""


def test_work_in_the_course_folder_is_not_given_away(tmp_path):
    from build.small_course import VECTORS, small_course

    from grader.build.build import make_all
    from grader.build.install import write

    root = small_course(tmp_path)
    write(root, make_all(root, [VECTORS]))
    notebook = root / "course" / VECTORS.folder / "vectors.ipynb"
    notebook.write_text(notebook.read_text().replace("raise NotImplementedError()", "return 7", 1))
    with pytest.raises(CourseError, match=r"vectors\.ipynb differs from what its source gives"):
        contents(root, [VECTORS])


CHECK = """
import sys, utils.command_line
print(utils.command_line.__file__)
sys.argv[1:] = ["check", "5"]
utils.command_line.main()
"""


@pytest.mark.slow
def test_its_checks_judge_a_notebook_that_was_filled_in(unpacked, tmp_path):
    (solved,) = (
        content for path, content in make(REPOSITORY, WEEK).solutions.items() if path.suffix == ".ipynb"
    )
    answers = right_answers(nbformat.reads(solved.decode(), as_version=4))
    answers["attention_by_loops"] = wrong_answers(WEEK)["attention_by_loops"]
    place = unpacked / "course/week05_attention/attention.ipynb"
    released = nbformat.read(place, as_version=4)
    place.write_text(nbformat.writes(fill_in(released, answers)))
    student = {**environment(), "PYTHONPATH": str(unpacked), "COURSE_HOME": str(tmp_path), "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=unpacked, env=student, capture_output=True, text=True
    )
    place.write_text(nbformat.writes(released))
    assert done.stdout.startswith(str(unpacked / "utils")), done.stdout + done.stderr
    stretch = week05.worth("stretch")
    kept = stretch - week05.exercises()["attention_by_loops"].out_of
    assert f"core 100 of 100 · stretch {kept:g} of {stretch:g}" in done.stdout, done.stdout
