"""Every week of the repository through the class run: 0, everything, half, mistakes by name."""

from pathlib import Path

import pytest
from build.small_course import REPOSITORY

from grader.build.source import Source, read_source, weeks_with_source
from grader.gradebook.results import StudentResult
from grader.notebook.cells import grade_id, is_kind, tags
from grader.tools.demo.cycle import Demo, run_demo
from grader.tools.demo.sample_class import half_of, wrong_answers
from grader.tools.nbgrader_commands import CommandResult

from .graded_class import graded_once

SOURCES = [read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY)]
WHOLE = [source for source in SOURCES if not source.parts_only]

WITH_WRONG_ANSWERS = [source for source in WHOLE if wrong_answers(source.week)]

pytestmark = pytest.mark.slow


def every(sources: list[Source]) -> pytest.MarkDecorator:
    """Runs a test for each of the sources."""
    return pytest.mark.parametrize("source", sources, ids=lambda source: source.week.folder)


@pytest.fixture
def results(source: Source, shared: Path) -> dict[str, StudentResult]:
    """The week's sample class by student."""

    def grade(folder: Path, commands: list[CommandResult]) -> Demo:
        return run_demo(REPOSITORY, folder, source.week, wrong_answers(source.week), commands.append)

    demo, _ = graded_once(shared / source.week.folder, grade)
    return {result.student: result for result in demo.results}


def points_of(source: Source, work: set[str], kind: str) -> int:
    """The points of the checks of one kind that come right after the named work cells."""
    total, last = 0, None
    for cell in source.notebook.cells:
        if is_kind(cell, "work"):
            last = grade_id(cell)
        elif is_kind(cell, "check") and kind in tags(cell) and last in work:
            total += cell.metadata.nbgrader.points
    return total


def test_there_are_weeks_to_grade():
    assert WITH_WRONG_ANSWERS


@every(WHOLE)
def test_the_untouched_notebook_gets_nothing(results):
    assert [row for row in results["untouched"].rows if row.points] == []
    # A task is a person's to grade whatever stands below it.
    by_a_check = {row.reason for row in results["untouched"].rows if row.kind != "written"}
    by_a_person = {row.reason for row in results["untouched"].rows if row.kind == "written"}
    assert by_a_check == {"not written yet"}
    assert by_a_person <= {"not written yet", "waits for a person's grade"}


@every(WHOLE)
def test_the_solution_gets_everything_but_what_a_person_grades(source, results):
    rows = [row for row in results["perfect"].rows if row.kind != "written"]
    assert [row for row in rows if row.points != row.out_of] == []
    assert results["perfect"].points("core") == 100


@every(WHOLE)
def test_half_the_exercises_get_the_points_of_their_checks(source, results):
    filled = set(half_of(source.notebook))
    for kind in ("core", "stretch"):
        assert results["half-done"].points(kind) == points_of(source, filled, kind)
    assert 0 < results["half-done"].points("core") < 100


@every(WITH_WRONG_ANSWERS)
def test_each_mistake_costs_its_points_and_is_named(source, results):
    wrong = wrong_answers(source.week)
    rows = {row.exercise: row for row in results["misled"].rows}
    for name in wrong:
        assert rows[name].points == 0
        assert rows[name].reason
        assert "cases" not in rows[name].reason, f"{name}: {rows[name].reason}"


@every(WHOLE)
def test_the_broken_notebook_is_explained(results):
    assert "is not valid JSON" in results["broken"].problem
