"""The instructor's cycle on a small course, by nbgrader's own commands."""

import io

import nbformat
import pytest
from build.small_course import VECTORS
from rich.console import Console

from grader.report.table import results_table
from grader.tools.demo.sample_class import wrong_answers
from utils.weeks import WEEKS

pytestmark = pytest.mark.slow

STUDENTS = ["untouched", "perfect", "half-done", "misled", "broken"]


def points(result) -> tuple[float, float, float]:
    return tuple(result.points(kind) for kind in ("core", "stretch", "written"))


def test_everybody_has_a_result(results):
    assert list(results) == STUDENTS


@pytest.mark.parametrize(
    ("student", "core", "stretch"),
    [("untouched", 0, 0), ("perfect", 100, 7), ("half-done", 60, 0), ("misled", 0, 0)],
)
def test_points_are_what_the_work_is_worth(results, student, core, stretch):
    assert points(results[student]) == (core, stretch, 0)


def test_a_written_answer_waits_for_a_person_and_a_missing_one_does_not(results):
    marks = {student: result.rows[-1].mark for student, result in results.items() if result.rows}
    assert marks == {"untouched": "○", "perfect": "✎", "half-done": "○", "misled": "✎"}


def test_known_mistakes_are_named_and_others_described(results):
    assert [row.reason for row in results["misled"].rows[:3]] == [
        "adds instead of multiplying",
        "forgets the root",
        "2 of 3 cases differ",
    ]


def test_what_is_not_written_is_no_mistake(results):
    assert {row.reason for row in results["untouched"].rows} == {"not written yet"}
    assert [row.mark for row in results["half-done"].rows] == ["✓", "○", "○", "○"]


def test_a_broken_notebook_is_explained_and_stops_nobody(graded, results):
    assert results["broken"].rows == ()
    assert "is not a notebook: it is not valid JSON (line " in results["broken"].problem
    _, commands = graded
    assert [outcome.command for outcome in commands if not outcome.ok] == []


def test_the_commands_are_those_of_the_handbook(graded):
    _, commands = graded
    steps = [outcome.command.split()[1] for outcome in commands]
    assert steps == [
        "generate_assignment",
        "release_assignment",
        "zip_collect",
        "grade",
        "generate_feedback",
    ]


def test_demonstrations_are_not_run(demo):
    cells = nbformat.read(demo.classroom.autograded(VECTORS, "perfect"), as_version=4).cells
    (look,) = (cell for cell in cells if "look" in cell.metadata.get("tags", ()))
    assert look.outputs == []


def test_everybody_who_was_graded_has_feedback_with_the_diagnosis(demo):
    for student in STUDENTS[:-1]:
        assert demo.classroom.feedback(VECTORS, student).is_file()
    text = demo.classroom.feedback(VECTORS, "misled").read_text(encoding="utf-8")
    assert 'data-check="dot_product" data-passed="false"' in text
    assert not demo.classroom.feedback(VECTORS, "broken").exists()


def test_feedback_holds_no_solution_of_what_was_not_written(demo):
    text = demo.classroom.feedback(VECTORS, "untouched").read_text(encoding="utf-8")
    assert "zip(left, right" not in text
    assert "max(range(len(vector))" not in text


def test_the_class_is_found_where_nbgrader_keeps_it(demo):
    assert demo.classroom.students(VECTORS) == sorted(STUDENTS)
    assert [demo.classroom.result(VECTORS, each) for each in STUDENTS[:-1]] == list(demo.results[:-1])


def test_the_table_has_points_and_reasons(demo):
    console = Console(file=io.StringIO(), width=120)
    console.print(results_table(VECTORS, demo.classroom.exercises(VECTORS), demo.results))
    lines = console.file.getvalue().splitlines()
    (perfect,) = (line for line in lines if "perfect" in line)
    assert [cell.strip() for cell in perfect.strip("│").split("│")] == ["perfect", "100", "7", "to grade", ""]
    assert any("not written yet: length, largest_place" in line for line in lines)
    assert any("dot_product: adds instead of multiplying" in line for line in lines)
    assert any("broken" in line and "–" in line and "not graded: " in line for line in lines)


def test_a_week_without_wrong_answers_has_no_misled_student():
    without = [week for week in WEEKS if not wrong_answers(week)]
    assert without
    assert wrong_answers(without[0]) == {}
