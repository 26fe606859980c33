"""Makes the sample class: submitted notebooks, from the released one."""

import importlib
import inspect
from collections.abc import Mapping
from copy import deepcopy
from importlib.util import find_spec

import nbformat
from nbformat import NotebookNode

from grader.notebook.cells import grade_id, grading, without_marks
from grader.notebook.exercises import exercises_of
from utils.weeks import Week

Answers = Mapping[str, str]
"""A student's answers, by the grade_id of the cell."""

READABLE = 0.6
"""The share of its file that the broken notebook keeps, as after an interrupted upload."""


def right_answers(solutions: NotebookNode) -> dict[str, str]:
    """Returns every answer of the notebook with solutions, in order."""
    solved = [cell for cell in solutions.cells if grading(cell).get("solution")]
    return {_name(cell): without_marks(cell.source) for cell in solved}


def half_of(solutions: NotebookNode) -> dict[str, str]:
    """Returns the right answers to the first half of the core exercises."""
    core = [each.name for each in exercises_of(solutions.cells) if each.kind == "core"]
    first = core[: len(core) // 2]
    return {name: answer for name, answer in right_answers(solutions).items() if name in first}


def wrong_answers(week: Week) -> dict[str, str]:
    """Returns the week's wrong answers from `grader.tools.demo.misled`; empty if the week has no module."""
    name = f"grader.tools.demo.misled.{week.folder}"
    if find_spec(name) is None:
        return {}
    module = importlib.import_module(name)
    own = [each for each in vars(module).values() if getattr(each, "__module__", None) == name]
    return {each.__name__: inspect.getsource(each).rstrip("\n") for each in own}


def fill_in(released: NotebookNode, answers: Answers) -> NotebookNode:
    """Returns the released notebook with these answers in its cells."""
    notebook = deepcopy(released)
    for cell in notebook.cells:
        if grading(cell).get("solution") and _name(cell) in answers:
            cell.source = answers[_name(cell)]
    return notebook


def sample_class(released: NotebookNode, solutions: NotebookNode, wrong: Answers) -> dict[str, bytes]:
    """Returns the class's files by student.

    Args:
        released: the notebook that students get.
        solutions: the same notebook with solutions.
        wrong: answers of the misled student; if empty, there is no such student.
    """
    right = right_answers(solutions)
    answers = {"untouched": {}, "perfect": right, "half-done": half_of(solutions)}
    if wrong:
        answers["misled"] = {**right, **wrong}
    files = {student: _serialise(fill_in(released, answer)) for student, answer in answers.items()}
    files["broken"] = files["perfect"][: int(READABLE * len(files["perfect"]))]
    return files


def _name(cell: NotebookNode) -> str:
    """Returns the grade_id of a solution cell, which every built notebook has."""
    return grade_id(cell) or ""


def _serialise(notebook: NotebookNode) -> bytes:
    return (nbformat.writes(notebook) + "\n").encode()
