"""A submission's way to a worker: bytes there and back, whatever happens over there."""

import json

import pytest

from grader.autograde.task import GradedSubmission, GradingTask
from grader.class_run import worker_task
from grader.sandbox.limits import Limits
from grader.week_dependencies import library_versions

WEEK = "week01_vectors"
SMALL = "class_run.small_executor:grade"


def grading_task(text: str = "correct", **changes) -> GradingTask:
    metadata = {"nbgrader": {"grade_id": "length", "solution": True}}
    cell = {"cell_type": "code", "metadata": metadata, "source": [text], "outputs": []}
    submission = json.dumps({"cells": [cell]}).encode()
    source = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    return GradingTask(WEEK, source, submission, seed=5, **changes)


def answer(content: bytes) -> worker_task.Answer:
    return worker_task.from_bytes(worker_task.run(content))


def echo(given: GradingTask) -> GradedSubmission:
    """Says what it was given."""
    return GradedSubmission(given.week, {"given": repr(given)}, (), layers=given.required)


def test_a_task_arrives_as_it_was_sent():
    sent = grading_task(parts=b"\x00\xff", limits=Limits(cell_seconds=3), required=("files",))
    came = answer(worker_task.to_bytes(sent, f"{__name__}:echo")).graded
    assert came.notebook["given"] == repr(sent)
    assert came.layers == ("files",)


def test_a_result_comes_back_as_it_was():
    graded = answer(worker_task.to_bytes(grading_task(), SMALL)).graded
    assert isinstance(graded, GradedSubmission)
    assert (
        graded == worker_task.from_bytes(worker_task.run(worker_task.to_bytes(grading_task(), SMALL))).graded
    )


@pytest.mark.parametrize("text", ["fails the grader", "ends the grader"])
def test_a_defect_of_the_grader_costs_one_submission(text):
    came = answer(worker_task.to_bytes(grading_task(text), SMALL))
    assert came.graded is None
    assert came.failure.startswith("the grader failed over it (")


def test_a_machine_that_is_too_weak_stops_the_run():
    came = answer(worker_task.to_bytes(grading_task("weak machine"), SMALL))
    assert (came.graded, came.failure) == (None, "")
    assert came.stop == "Nothing was graded: no sandbox here."


def test_another_version_of_the_course_grades_nothing(monkeypatch):
    content = worker_task.to_bytes(grading_task(), SMALL)
    monkeypatch.setattr(worker_task, "grader_version", lambda week: "another")
    assert "another version of the course" in answer(content).stop


def test_another_version_of_a_library_is_named(monkeypatch):
    content = worker_task.to_bytes(grading_task(), SMALL)
    monkeypatch.setattr(worker_task, "grader_version", lambda week: "another")
    monkeypatch.setattr(worker_task, "library_versions", lambda: {**library_versions(), "torch": "1.0"})
    there = library_versions()["torch"]
    assert f"another version of torch (1.0, not {there}) than this process" in answer(content).stop
