"""Runs the instructor's workflow, command by command: generate, release, collect, grade, feedback."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from filelock import FileLock, Timeout

from grader.build.build import make
from grader.build.install import write
from grader.build.release import load_config
from grader.class_run.listener import ProgressListener
from grader.class_run.options import ClassRunOptions
from grader.class_run.run import grade_class
from grader.folders import CONFIG
from grader.gradebook.results import Classroom, StudentResult
from grader.tools.demo.sample_class import Answers, sample_class
from grader.tools.nbgrader_commands import CommandResult, Seen, nbgrader
from utils.errors import CourseError
from utils.weeks import Week


@dataclass(frozen=True)
class Demo:
    """A course folder with a graded sample class."""

    folder: Path
    week: Week
    results: tuple[StudentResult, ...]

    @property
    def classroom(self) -> Classroom:
        """The folders and gradebook of the class."""
        return Classroom(load_config(self.folder))


def run_demo(
    root: Path, folder: Path, week: Week, wrong: Answers, seen: Seen, watch: ProgressListener | None = None
) -> Demo:
    """Runs the whole workflow for a week of the course `root` in `folder`, which is emptied first.

    Args:
        root: the course folder.
        folder: the folder for the sample class.
        week: the week to grade.
        wrong: the misled student's answers.
        seen: receives the result of each command.
        watch: receives the progress of grading.

    Raises:
        CourseError: the week cannot be built, another run uses the folder, or a command failed.
    """
    with _locked(folder):
        return _run(root, folder, week, wrong, seen, watch)


def _run(
    root: Path, folder: Path, week: Week, wrong: Answers, seen: Seen, watch: ProgressListener | None
) -> Demo:
    _set_up(root, folder, week)
    _require(nbgrader(folder, "generate_assignment", week.folder, "--force"), seen)
    _require(nbgrader(folder, "release_assignment", week.folder), seen)
    students = _hand_in(folder, week, wrong)
    _require(nbgrader(folder, "zip_collect", week.folder), seen)
    results = _grade(folder, week, seen, watch)
    _require(nbgrader(folder, "generate_feedback", week.folder), seen)
    return Demo(folder, week, tuple(results[student] for student in students))


def _grade(folder: Path, week: Week, seen: Seen, watch: ProgressListener | None) -> dict[str, StudentResult]:
    # The sample class is the course's own code, so that it may be graded without a sandbox.
    outcome = grade_class(folder, ClassRunOptions(week, trusted=True), watch)
    seen(CommandResult(f"course grade {week.folder}", ok=True, log=""))
    return {result.student: result for result in outcome.results}


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.with_name(f"{folder.name}.lock"), timeout=0):
            yield
    except Timeout:
        raise CourseError(f"Another `course demo` is at work in {folder}: wait for its table.") from None


def _set_up(root: Path, folder: Path, week: Week) -> None:
    built = make(root, week)
    if built.source.parts_only:
        raise CourseError(f"Week {week.number} has no notebook yet, only parts for later weeks.")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    shutil.copy(root / CONFIG, folder)
    write(folder, [built.moved(root, folder)])


def _hand_in(folder: Path, week: Week, wrong: Answers) -> list[str]:
    """Writes the class's files to the folder for a platform's downloads; returns the students' names."""
    released, solutions = (
        nbformat.read(folder / step / week.folder / f"{week.notebook}.ipynb", as_version=4)
        for step in ("course", "solutions")
    )
    archive = folder / load_config(folder).ZipCollectApp.downloaded_directory / week.folder / "archive"
    archive.mkdir(parents=True)
    files = sample_class(released, solutions, wrong)
    for student, content in files.items():
        (archive / f"{student}_{week.notebook}.ipynb").write_bytes(content)
    return list(files)


def _require(result: CommandResult, seen: Seen) -> None:
    """Reports a command's result; raises CourseError if it failed."""
    seen(result)
    if not result.ok:
        raise CourseError(f"`{result.command}` failed: {result.reason or result.log.strip()}")
