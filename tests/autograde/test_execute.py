"""What the executor takes from nbgrader: the submitted file, the gradebook's cells, the configuration."""

import os
import sys
from dataclasses import asdict, fields
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from grader.autograde.gradebook_source import gradebook_source
from grader.autograde.source import read_source
from grader.build.release import load_config
from grader.kernels.errors import GraderError
from grader.nbgrader_plugins.preprocessor import NotGraded, TrustedExecute, _read_regular_file, limits_from
from grader.notebook.cells import grade_id
from grader.sandbox.limits import _MINIMUM, Limits
from utils.errors import CourseError

from . import week05

NAME = week05.WEEK.folder
NUMBERS = st.integers() | st.floats() | st.booleans() | st.text() | st.integers(1, 10**10).map(float)


def test_limits_go_by_their_names():
    assert limits_from({"cell_seconds": 5}) == Limits(cell_seconds=5)
    assert limits_from({}) == Limits()


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"cell_second": 5}, "There is no limit 'cell_second'. The limits are cell_seconds, "),
        ({"cell_seconds": 0}, "must be a number above 0, not 0"),
        ({"cell_seconds": "5"}, "must be a number above 0, not '5'"),
        ({"processes": True}, "must be a number above 0, not True"),
        ({"memory_bytes": "4e9"}, "must be a number above 0, not '4e9'"),
        ({"memory_bytes": -1}, "must be a number above 0, not -1"),
        ({"memory_bytes": float("nan")}, "must be a number above 0, not nan"),
        ({"memory_bytes": float("inf")}, "must be at most 4,611,686,018,427,387,904, not inf"),
        ({"memory_bytes": 10**30}, "must be at most"),
        ({"memory_bytes": [1]}, "must be a number above 0, not [1]"),
        ({"memory_bytes": None}, "must be a number above 0, not None"),
        ({"memory_bytes": 3072}, "must be at least 1,342,177,280, or nothing can run; it is 3072"),
        ({"processes": 8.5}, "must be a whole number, not 8.5"),
        ({"cpu_seconds": 0.5}, "must be a whole number, not 0.5"),
        ({"cell_seconds": 1e12}, "must be at most 1,000,000, not 1000000000000.0"),
        ({}.fromkeys([7], 5), "There is no limit 7."),
    ],
)
def test_limits_that_are_none_are_said(named, sentence):
    with pytest.raises(CourseError) as problem:
        limits_from(named)
    assert sentence in str(problem.value)
    assert str(problem.value).count("\n") == 0


def test_whole_numbers_may_be_written_with_an_exponent():
    limits = limits_from({"memory_bytes": 4e9, "processes": 64.0, "cell_seconds": 0.5, "cpu_seconds": 3e2})
    assert limits == Limits(memory_bytes=4 * 10**9, processes=64, cell_seconds=0.5, cpu_seconds=300)
    assert [type(limits.memory_bytes), type(limits.processes), type(limits.cpu_seconds)] == [int, int, int]


@given(st.fixed_dictionaries({}, optional={field.name: NUMBERS for field in fields(Limits)}))
def test_every_limit_that_is_taken_is_one_that_the_system_takes(named):
    try:
        limits = limits_from(named)
    except CourseError:
        return
    for name, value in asdict(limits).items():
        if name.endswith("_seconds") and name != "cpu_seconds":
            assert 0 < value <= 10**6
        else:
            assert type(value) is int
            assert 0 < value < 2**63


@pytest.mark.slow
def test_a_right_notebook_keeps_its_points_at_the_least_limits():
    graded = week05.grade(week05.solved(), limits=Limits(**_MINIMUM))
    assert (graded.points, week05.lost(graded)) == (week05.FULL, set())


def test_every_limit_is_a_positive_number():
    assert limits_from(asdict(Limits())) == Limits()


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "classmate.ipynb").write_text("{}")
    link = tmp_path / "attention.ipynb"
    link.symlink_to(tmp_path / "classmate.ipynb")
    with pytest.raises(NotGraded, match=r"attention\.ipynb is a link: ask for the notebook itself"):
        _read_regular_file(link, max_bytes=100)


def test_what_is_no_file_is_said(tmp_path):
    os.mkfifo(tmp_path / "attention.ipynb")
    with pytest.raises(NotGraded, match="is no file"):
        _read_regular_file(tmp_path / "attention.ipynb", max_bytes=100)
    with pytest.raises(NotGraded, match="cannot be read"):
        _read_regular_file(tmp_path / "nothing.ipynb", max_bytes=100)


def test_the_repositorys_configuration_is_one_that_the_executor_takes():
    executor = TrustedExecute(config=load_config(week05.REPOSITORY))
    assert limits_from(executor.limits) == Limits()
    assert executor.required == ["files", "network", "processes"]
    assert Path(executor.secret_file).parent.name == "classroom"


@pytest.fixture
def gradebook(tmp_path, monkeypatch):
    """A gradebook that knows week 5 as it was released, but for a check that was changed later."""
    # nbgrader runs the command alembic, which lies beside Python.
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        book.add_assignment(NAME)
        book.add_notebook("attention", NAME)
        for cell in week05.released().cells:
            if grade_id(cell):
                put(book, cell)
        yield book


def put(book: Gradebook, cell) -> None:
    """Puts a cell into the gradebook as `generate_assignment` does."""
    told = cell.metadata.nbgrader
    place = (cell.metadata.nbgrader.grade_id, "attention", NAME)
    source = cell.source.replace("checks.causal_mask(", "checks.causal_mask( ")
    kept = {"cell_type": cell.cell_type, "source": source, "locked": told.locked, "checksum": told.checksum}
    book.update_or_create_source_cell(*place, **kept)
    if told.grade:
        book.update_or_create_grade_cell(*place, max_score=told.points + 1, cell_type=cell.cell_type)
    if told.solution:
        book.update_or_create_solution_cell(*place)


def test_the_gradebooks_texts_and_points_count_in_the_releases_order(gradebook):
    made = read_source(NAME, gradebook_source(gradebook, NAME, "attention", week05.RELEASED)).notebook
    released = week05.released()
    assert [(cell.cell_type, grade_id(cell)) for cell in made.cells] == [
        (cell.cell_type, grade_id(cell)) for cell in released.cells
    ]
    check = week05.cell(made, "check_causal_mask")
    assert check.source == "checks.causal_mask( causal_mask)"
    assert check.metadata.nbgrader.points == 17
    assert check.metadata.tags == ["check", "core"]
    nbformat.validate(made)


def test_a_cell_that_only_one_of_them_has(gradebook, tmp_path):
    changed = week05.released()
    changed.cells.remove(week05.cell(changed, "check_causal_mask"))
    week05.cell(changed, "own_words").metadata.nbgrader.grade_id = "new_words"
    nbformat.write(changed, tmp_path / "released.ipynb")
    made = nbformat.reads(
        gradebook_source(gradebook, NAME, "attention", tmp_path / "released.ipynb").decode(), as_version=4
    )
    assert {grade_id(cell) for cell in made.cells[-2:]} == {"own_words", "check_causal_mask"}
    assert not any(grade_id(cell) == "new_words" for cell in made.cells)


def test_what_the_gradebook_does_not_know_is_said(gradebook, tmp_path):
    with pytest.raises(GraderError, match="The gradebook does not know heads of week06_heads: run"):
        gradebook_source(gradebook, "week06_heads", "heads", week05.RELEASED)
    with pytest.raises(GraderError, match="is not there: run `course build nothing`"):
        gradebook_source(gradebook, NAME, "attention", tmp_path / "nothing.ipynb")


def test_a_source_with_solutions_is_refused():
    notebook = week05.released()
    week05.cell(notebook, "causal_mask").source = "### BEGIN SOLUTION\npass\n### END SOLUTION"
    with pytest.raises(GraderError, match="holds solutions"):
        read_source(NAME, nbformat.writes(notebook).encode())


NO_CELLS = b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'


@pytest.mark.parametrize("content", [b"", b"{", NO_CELLS])
def test_a_source_that_is_no_notebook_is_trouble_of_the_graders_own(content):
    with pytest.raises(GraderError, match="build and release it again"):
        read_source(NAME, content)


def test_of_a_large_file_no_more_is_read_than_shows_that_it_is_too_large(tmp_path):
    large = tmp_path / "attention.ipynb"
    with large.open("wb") as file:
        file.truncate(50 * 2**30)  # it takes no box on the disk
    assert len(_read_regular_file(large, max_bytes=100)) == 101
