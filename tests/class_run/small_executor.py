"""A small executor behind the trusted one's door: it reads answers, runs nothing, and does what they say.

An exercise is right when its answer holds the word `correct`. Other words make it behave as a submission
might make the real one behave; a test may want that without PyTorch and a sandbox.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import nbformat

from grader.autograde.task import CellGrade, DelegationSign, GradedSubmission, GradingTask
from grader.notebook.cells import grade_id, grading
from grader.sandbox.layers import SandboxTooWeak

MISTAKE = "adds instead of multiplying"


_COMPANIONS: dict[int, subprocess.Popen] = {}
"""For each process that will be forked, one of its own, as the real executor's parents of kernels are."""


def prepare(task: GradingTask, forks: int) -> None:
    """Starts the companions. Each ends well as soon as nobody holds it any more."""
    for place in range(forks):
        _COMPANIONS[place] = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def after_fork_in_child(task: GradingTask, place: int) -> None:
    """Keeps this process's companion alone."""
    for other in set(_COMPANIONS) - {place}:
        after_fork_in_parent(task, other)


def after_fork_in_parent(task: GradingTask, place: int) -> None:
    """Leaves a companion to its process."""
    if place in _COMPANIONS:
        _COMPANIONS.pop(place).stdin.close()


def grade(task: GradingTask) -> GradedSubmission:
    """Grades by reading."""
    try:
        cells = json.loads(task.submission)["cells"]
    except ValueError:
        return GradedSubmission(task.week, None, (), problem="The submitted file is not a notebook.")
    answers = {each["metadata"].get("nbgrader", {}).get("grade_id"): _text(each) for each in cells}
    _behave("\n".join(answers.values()))
    return _graded(task, answers)


def _text(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _behave(text: str) -> None:
    if "fails the grader" in text:
        raise RuntimeError("a defect")
    if "ends the grader" in text:
        raise SystemExit(3)
    if "weak machine" in text:
        raise SandboxTooWeak("Nothing was graded: no sandbox here.")
    if "kills its worker" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if once := re.search(r"kills one worker (\S+)", text):
        with contextlib.suppress(FileExistsError):
            Path(once[1]).touch(exist_ok=False)  # a second try finds it
            os.kill(os.getpid(), signal.SIGKILL)
    if gate := re.search(r"waits for (\S+)", text):
        Path(gate[1]).read_bytes()  # a named pipe: nothing comes before the test writes there


def _graded(task: GradingTask, answers: dict[str, str]) -> GradedSubmission:
    notebook = nbformat.reads(task.source.decode(), as_version=4)
    ledger, last = [], ""
    for cell in notebook.cells:
        name, metadata = grade_id(cell), grading(cell)
        if metadata.get("solution"):
            cell.source = answers.get(name, cell.source)
            last = cell.source
        if metadata.get("grade"):
            ledger.append(_grade(name, metadata, last))
            if cell.cell_type == "code":
                cell.outputs = [_points(ledger[-1])]
    signs = (DelegationSign("length", 2, "calls math.hypot"),) if "hypot" in str(answers) else ()
    layers, reference = ("reading alone",), f"seed {task.seed}"
    odd = ("two cells are named length: the first counts.",) if "twice" in str(answers) else ()
    return GradedSubmission(task.week, notebook, tuple(ledger), "", odd, signs, layers, reference)


def _grade(name: str, metadata: dict[str, Any], answer: str) -> CellGrade:
    most = float(metadata["points"])
    if metadata.get("solution"):
        written = "an answer" in answer
        reason = "waits for a person's grade" if written else "not written yet"
        return CellGrade(name, None if written else 0.0, most, "person", reason)
    if "correct" in answer:
        return CellGrade(name, most, most, "judge", "as expected")
    mistake = MISTAKE if "adds" in answer else None
    return CellGrade(name, 0.0, most, "judge", mistake or "not written yet", mistake=mistake)


def _points(grade: CellGrade) -> Any:
    return nbformat.v4.new_output("execute_result", {"text/plain": f"{grade.points:g}"}, execution_count=None)
