"""The instructor's cycle, command by command: generate, release, collect, grade, feedback."""

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
    """A course folder with a sample class that has been graded."""

    folder: Path
    week: Week
    results: tuple[StudentResult, ...]

    @property
    def classroom(self) -> Classroom:
        """Its folders and gradebook."""
        return Classroom(load_config(self.folder))


def run_demo(
    root: Path, folder: Path, week: Week, wrong: Answers, seen: Seen, watch: ProgressListener | None = None
) -> Demo:
    """Runs the whole cycle for a week of the course `root` in `folder`, which is made anew.

    Args:
        wrong: the misled student's answers.
        seen: is told of each command when it is done.
        watch: is told how the grading goes.

    Raises:
        CourseError: the week cannot be built, another run is at work there, or a command failed.
    """
    with _alone(folder):
        return _run(root, folder, week, wrong, seen, watch)


def _run(
    root: Path, folder: Path, week: Week, wrong: Answers, seen: Seen, watch: ProgressListener | None
) -> Demo:
    _set_up(root, folder, week)
    _must(nbgrader(folder, "generate_assignment", week.folder, "--force"), seen)
    _must(nbgrader(folder, "release_assignment", week.folder), seen)
    students = _hand_in(folder, week, wrong)
    _must(nbgrader(folder, "zip_collect", week.folder), seen)
    results = _grade(folder, week, seen, watch)
    _must(nbgrader(folder, "generate_feedback", week.folder), seen)
    return Demo(folder, week, tuple(results[student] for student in students))


def _grade(folder: Path, week: Week, seen: Seen, watch: ProgressListener | None) -> dict[str, StudentResult]:
    # The sample class is ours, so that a machine without a sandbox may grade it, too.
    outcome = grade_class(folder, ClassRunOptions(week, trusted=True), watch)
    seen(CommandResult(f"course grade {week.folder}", ok=True, log=""))
    return {result.student: result for result in outcome.results}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
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
    """Puts the class's files where a learning platform's download goes; returns the students' names."""
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


def _must(outcome: CommandResult, seen: Seen) -> None:
    seen(outcome)
    if not outcome.ok:
        raise CourseError(f"`{outcome.command}` failed: {outcome.reason or outcome.log.strip()}")
