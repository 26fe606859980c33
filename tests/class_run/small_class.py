"""A course folder with a released week and a class that has handed in, for tests of the class run."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from build.small_course import REPOSITORY, VECTORS, small_course

from grader.build.build import make_all
from grader.build.install import write
from grader.build.release import load_config
from grader.class_run.listener import ProgressListener
from grader.class_run.options import ClassRunOptions
from grader.class_run.run import ClassRunResult, grade_class
from grader.class_run.worker_task import run
from grader.class_run.workers import Failed, Job
from grader.gradebook.results import Classroom
from grader.tools.demo.sample_class import fill_in
from grader.tools.nbgrader_commands import nbgrader

TESTS = REPOSITORY / "tests"
WEEK = VECTORS
PERFECT = {
    "dot_product": "correct",
    "length": "correct",
    "largest_place": "correct",
    "in_your_own_words": "an answer",
}
HALF = {"dot_product": "correct"}
ADDS = {"dot_product": "it adds", "length": "correct"}

SETTINGS = """
c.ClassRun.executor = "class_run.small_executor:grade"
c.ClassRun.database_wait = 0.0
"""


def release(folder: Path) -> Path:
    """Makes the small course in `folder` and releases its first week, by nbgrader's own command."""
    small_course(folder)
    write(folder, make_all(folder, [VECTORS]))
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(SETTINGS)
    outcome = nbgrader(folder, "generate_assignment", WEEK.folder, "--force")
    assert outcome.ok, outcome.log
    return folder


def moved(released: Path, folder: Path) -> Path:
    """A copy of a course folder, for one test."""
    return Path(shutil.copytree(released, folder))


@dataclass(frozen=True)
class SmallClass:
    """A class in a course folder of its own."""

    root: Path

    @property
    def classroom(self) -> Classroom:
        return Classroom(load_config(self.root))

    @property
    def database(self) -> Path:
        return self.root / "classroom/gradebook.db"

    def notebook(self, answers: Mapping[str, str]) -> bytes:
        """The released notebook with these answers."""
        released = nbformat.read(self.root / "course" / WEEK.folder / "vectors.ipynb", as_version=4)
        return nbformat.writes(fill_in(released, answers)).encode()

    def hand_in(self, student: str, answers: Mapping[str, str] | bytes, name: str = "vectors.ipynb") -> Path:
        """Puts a submission where nbgrader collects it."""
        content = answers if isinstance(answers, bytes) else self.notebook(answers)
        place = self.root / "classroom/submitted" / student / WEEK.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def configure(self, *lines: str) -> None:
        """Adds lines to nbgrader_config.py."""
        with (self.root / "nbgrader_config.py").open("a") as config:
            config.write("\n".join(["", *lines, ""]))

    def grade(self, watch: ProgressListener | None = None, **order) -> ClassRunResult:
        """A class run."""
        return grade_class(self.root, ClassRunOptions(WEEK, **order), watch)

    def points(self) -> dict[str, float]:
        """Everybody's points as the gradebook has them."""
        students = self.classroom.students(WEEK)
        with self.classroom.gradebook() as gradebook:
            results = self.classroom.results(WEEK, students, {}, gradebook)
        return {result.student: sum(row.points for row in result.rows) for result in results if result.rows}

    def graded(self, student: str) -> Path:
        """Where a student's graded notebook is."""
        return self.classroom.autograded(WEEK, student)


class Here:
    """Workers of this very process, for tests that are not about Dask."""

    def grade(self, jobs) -> Iterator[tuple[str, bytes | Failed]]:
        for job in jobs:
            assert isinstance(job, Job)
            yield job.student, run(job.content)


@contextmanager
def here(*_, **__) -> Iterator[Here]:
    """In place of `processes` and `scheduler`."""
    yield Here()


def script(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess:
    """Runs a Python script of a test in a process of its own, with the tests' modules at hand."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )


def environment() -> dict[str, str]:
    """The environment in which other processes find the tests' modules."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(REPOSITORY)]),
        "OMP_NUM_THREADS": "1",
    }


def ledger_of(root: Path, student: str) -> dict:
    """What the class run has noted of a student, as plain data."""
    from sqlalchemy import create_engine, select

    from grader.gradebook.tables import GRADED

    engine = create_engine(load_config(root).CourseDirectory.db_url)
    with engine.connect() as connection:
        details = connection.scalar(select(GRADED.c.details).where(GRADED.c.student == student))
    engine.dispose()
    return json.loads(details)
