"""Fixtures of the command line's tests: a home folder of their own, and a wide terminal."""

import pytest
from typer.testing import CliRunner

from utils.command_line.app import app
from utils.notebook import released


@pytest.fixture(autouse=True)
def course_home(tmp_path, monkeypatch):
    """A folder for progress, in place of the developer's own."""
    home = tmp_path / "course home"
    monkeypatch.setenv("COURSE_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return home


@pytest.fixture(scope="module", autouse=True)
def releases(tmp_path_factory):
    """A folder for the releases of this module's small notebooks, in place of the course's own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("releases")
        patch.setattr(released, "FOLDER", folder)
        yield folder


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A student's copy of the course, made the current folder; the folder that holds the weeks' folders."""
    home = tmp_path / "ein Ordner für 学生" / "course"
    home.mkdir(parents=True)
    monkeypatch.chdir(home.parent)
    return home


@pytest.fixture
def course():
    """A function that runs `course` with its arguments and returns the result of typer's runner."""
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments], prog_name="course")
