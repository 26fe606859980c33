"""The sample class: notebooks as students hand them in, made from the released one."""

import importlib
import inspect
from collections.abc import Mapping
from copy import deepcopy
from importlib.util import find_spec

import nbformat
from nbformat import NotebookNode

from utils.notebook.cells import grade_id, grading, is_written_answer, without_marks
from utils.weeks import Week

Answers = Mapping[str, str]
"""What a student wrote, by the grade_id of the cell it stands in."""

READABLE = 0.6
"""The share of its file that the broken notebook keeps, as after an upload that was cut off."""


def right_answers(solutions: NotebookNode) -> dict[str, str]:
    """Every answer of the notebook with solutions, in order."""
    solved = [cell for cell in solutions.cells if grading(cell).get("solution")]
    return {grade_id(cell): without_marks(cell.source) for cell in solved}


def half_of(solutions: NotebookNode) -> dict[str, str]:
    """The right answers to the first half of the coding exercises."""
    code = [
        grade_id(cell)
        for cell in solutions.cells
        if grading(cell).get("solution") and not is_written_answer(cell)
    ]
    first = code[: len(code) // 2]
    return {name: answer for name, answer in right_answers(solutions).items() if name in first}


def wrong_answers(week: Week) -> dict[str, str]:
    """The week's wrong answers from `grader.tools.demo.misled`; none where the week has no module there."""
    name = f"grader.tools.demo.misled.{week.folder}"
    if find_spec(name) is None:
        return {}
    module = importlib.import_module(name)
    own = [each for each in vars(module).values() if getattr(each, "__module__", None) == name]
    return {each.__name__: inspect.getsource(each).rstrip("\n") for each in own}


def fill_in(released: NotebookNode, answers: Answers) -> NotebookNode:
    """The released notebook with these answers in its cells."""
    notebook = deepcopy(released)
    for cell in notebook.cells:
        if grading(cell).get("solution") and grade_id(cell) in answers:
            cell.source = answers[grade_id(cell)]
    return notebook


def sample_class(released: NotebookNode, solutions: NotebookNode, wrong: Answers) -> dict[str, bytes]:
    """The class's files by student.

    Args:
        released: the notebook that students get.
        solutions: the same one with solutions.
        wrong: answers for the misled student; with none there is no such student.
    """
    right = right_answers(solutions)
    answers = {"untouched": {}, "perfect": right, "half-done": half_of(solutions)}
    if wrong:
        answers["misled"] = {**right, **wrong}
    files = {student: _serialise(fill_in(released, answer)) for student, answer in answers.items()}
    files["broken"] = files["perfect"][: int(READABLE * len(files["perfect"]))]
    return files


def _serialise(notebook: NotebookNode) -> bytes:
    return (nbformat.writes(notebook) + "\n").encode()
