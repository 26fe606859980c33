"""What every test of the command line starts from: its own home, and a terminal wide enough for long rows."""

import pytest
from typer.testing import CliRunner

from utils.command_line.app import app
from utils.notebook import released


@pytest.fixture(autouse=True)
def course_home(tmp_path, monkeypatch):
    """Where progress is kept in the test, not in the developer's own folder."""
    home = tmp_path / "course home"
    monkeypatch.setenv("COURSE_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return home


@pytest.fixture(scope="module", autouse=True)
def releases(tmp_path_factory):
    """Where this module's tests release their small notebooks, in place of the course's own."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("releases")
        patch.setattr(released, "FOLDER", folder)
        yield folder


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A student's copy of the course, entered; returns the folder that holds the weeks' folders."""
    home = tmp_path / "ein Ordner für 学生" / "course"
    home.mkdir(parents=True)
    monkeypatch.chdir(home.parent)
    return home


@pytest.fixture
def course():
    """Runs `course` with the arguments given and returns what typer's runner saw."""
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments], prog_name="course")
