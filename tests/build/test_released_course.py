"""The repository's own `course/`: what its sources give, with no solution in any tracked file."""

import json
import subprocess
from pathlib import Path

import pytest

from grader.build.install import out_of_date
from grader.build.source import read_source, weeks_with_source

from .leaks import find_leaks, needles
from .small_course import REPOSITORY


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file that git tracks and that is there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True)
    names = listed.stdout.decode().split("\0")
    return [path for path in (REPOSITORY / name for name in names if name) if path.is_file()]


@pytest.fixture(scope="module")
def outside_solutions(tracked) -> list[Path]:
    return [path for path in tracked if "solutions" not in path.relative_to(REPOSITORY).parts[:1]]


def test_course_is_what_the_sources_give(real_weeks):
    assert out_of_date(REPOSITORY, real_weeks) == []


def test_git_tracks_exactly_what_the_sources_give(real_weeks, tracked):
    weeks = {
        path
        for path in tracked
        if path.is_relative_to(REPOSITORY / "course") and path.parent.name != "course"
    }
    assert weeks == {path for week in real_weeks for path in week.course}


def test_git_tracks_no_notebook_and_no_parts_under_solutions(tracked):
    solutions = [path for path in tracked if path.is_relative_to(REPOSITORY / "solutions")]
    assert [path for path in solutions if path.suffix == ".ipynb" or path.name == "parts.py"] == []


def test_no_solution_text_stands_outside_solutions(outside_solutions):
    hidden = needles(read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY))
    assert hidden
    leaks = find_leaks(hidden, outside_solutions, REPOSITORY)
    assert not leaks, "\n".join(leaks)


def test_no_notebook_of_the_course_holds_a_mark_or_an_output(outside_solutions):
    notebooks = [path for path in outside_solutions if path.suffix == ".ipynb"]
    assert notebooks
    for path in notebooks:
        text = path.read_text(encoding="utf-8")
        assert "SOLUTION" not in text
        assert "MARK SCHEME" not in text
        code = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []


def test_the_only_python_under_course_is_parts(outside_solutions):
    python = [path for path in outside_solutions if path.suffix == ".py" and "course" in path.parts]
    assert {path.name for path in python if path.is_relative_to(REPOSITORY / "course")} <= {"parts.py"}
