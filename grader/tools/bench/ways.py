"""The three ways of grading that the benchmark compares, on the same submissions."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from grader.autograde.merge_answers import NotebookStep, merge_answers
from grader.autograde.seeds import hidden_seed
from grader.autograde.source import SourceNotebook, read_source
from grader.autograde.submission import Unreadable, read_submission
from grader.sandbox.limits import Limits
from grader.tools.bench.memory import peak_below
from grader.tools.bench.mixed_class import MixedClass
from grader.tools.nbgrader_commands import nbgrader
from utils.errors import CourseError
from utils.weeks import Week

STOCK = """
c.Autograde.sanitize_preprocessors = [
    f"nbgrader.preprocessors.{name}"
    for name in (
        "ClearOutput", "DeduplicateIds", "OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata"
    )
]
c.Autograde.autograde_preprocessors = [
    f"nbgrader.preprocessors.{name}"
    for name in ("Execute", "LimitOutput", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")
]
"""
"""Lines for nbgrader_config.py that restore nbgrader's default preprocessors."""

_SOME_NOT_GRADED = 1
"""The exit code of `course grade` if a submission is broken, as some of the class are."""


def stock(folder: Path, week: Week) -> float:
    """Returns the seconds that stock nbgrader takes for all submissions in the folder, in one command.

    Raises:
        CourseError: the command failed, so that the time would be too short.
    """
    began = time.perf_counter()
    result = nbgrader(folder, "autograde", week.folder, "--force")
    if not result.ok:
        raise CourseError(f"`{result.command}` failed: {result.reason}")
    return time.perf_counter() - began


def class_run(folder: Path, week: Week, workers: int) -> float:
    """Returns the seconds that `course grade` takes for all submissions in the folder."""
    began = time.perf_counter()
    _finish(_start(folder, week, workers))
    return time.perf_counter() - began


def memory_of_class_run(folder: Path, week: Week, workers: int) -> int:
    """Returns the peak memory of the command's child processes, in bytes per worker."""
    process = _start(folder, week, workers)
    with peak_below(process.pid) as peak:
        _finish(process)
    return peak.bytes // workers


def _start(folder: Path, week: Week, workers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "utils.command_line", "grade", str(week.number), "--force"]
    return subprocess.Popen(
        [*command, "--workers", str(workers)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _finish(process: subprocess.Popen[str]) -> None:
    output, _ = process.communicate()
    if process.returncode not in (0, _SOME_NOT_GRADED):
        raise CourseError(f"`course grade` ended with exit code {process.returncode}: {output[-500:]}")


class BareFork:
    """Runs the same cells and checks in a fork of a warm process, without Jupyter, sandbox or gradebook.

    It is a lower bound for grading with a process per submission. Its results cannot be trusted.
    """

    def __init__(self, folder: Path, week: Week) -> None:
        from utils.answers.judge import LocalJudge

        released = folder / "course" / week.folder
        self._folder = released
        self._source: SourceNotebook = read_source(
            week.folder, (released / f"{week.notebook}.ipynb").read_bytes()
        )
        self._public = LocalJudge()
        for check in self._source.checks:
            self._public.open(check)

    def grade(self, group: MixedClass, students: Iterable[str]) -> float:
        """Returns the seconds for these submissions, one after the other."""
        began = time.perf_counter()
        for student in students:
            self._fork(group.week, group.files[student])
        return time.perf_counter() - began

    def _fork(self, week: Week, content: bytes) -> None:
        try:
            submitted = read_submission(content, Limits().submission_bytes)
        except Unreadable:
            return
        child = os.fork()
        if not child:
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                os.dup2(1, 2)
                seed = hidden_seed("bench", week.folder, content)
                self._run(merge_answers(self._source, submitted).steps, seed)
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    def _run(self, steps: list[NotebookStep], seed: int) -> None:
        from utils.answers.judge import LocalJudge
        from utils.checks.engine.check import use_judge

        sys.path.insert(0, str(self._folder))  # parts.py
        judges = (self._public, LocalJudge(seed, reveal=False))
        names: dict[str, object] = {"__name__": "__main__"}
        for step in steps:
            for judge in judges if step.is_check else judges[:1] if step.is_run else ():
                use_judge(judge)
                try:
                    exec(compile(step.cell.source, step.name, "exec"), names)
                except Exception:  # a student's cell may fail; the next one runs
                    continue
