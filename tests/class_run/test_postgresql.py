"""The gradebook in a real PostgreSQL: the same rows, and a reason when the server is locked or gone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from grader.class_run.listener import ProgressListener
from grader.tools.nbgrader_commands import nbgrader

from .postgresql import Server, postgresql
from .small_class import HALF, PERFECT, WEEK, SmallClass, moved
from .test_writing import by_nbgrader, gradebook, rows

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("in_process")]

CLASS = {"ada": PERFECT, "eve": HALF, "O'Neil, Zoë 李": HALF}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def course(server: Server, released: Path, tmp_path_factory) -> Path:
    """The course with its week released into PostgreSQL; its own gradebook.db is gone."""
    small = SmallClass(moved(released, tmp_path_factory.mktemp("postgresql") / "course"))
    small.configure(f"c.CourseDirectory.db_url = {server.url!r}")
    small.database.unlink()
    outcome = nbgrader(small.root, "generate_assignment", WEEK.folder, "--force")
    assert outcome.ok, outcome.log
    return small.root


@pytest.fixture
def graded(course: Path, tmp_path: Path) -> SmallClass:
    """A class that was graded; nobody else's grades are in the database."""
    small = SmallClass(Path(shutil.copytree(course, tmp_path / "class")))
    with gradebook(small) as book:
        for student in book.students:
            book.remove_student(student.id)
    with connection(small) as other:
        if other.execute(text("SELECT to_regclass('course_graded')")).scalar():
            other.execute(text("DELETE FROM course_graded"))
            other.commit()
    for student, answers in CLASS.items():
        small.hand_in(student, answers).with_name("timestamp.txt").write_text("2026-03-01 11:00:00 UTC")
    small.grade()
    return small


@contextmanager
def connection(small: SmallClass):
    """Another program's connection."""
    from grader.build.release import load_config

    engine = create_engine(load_config(small.root).CourseDirectory.db_url)
    with engine.connect() as other:
        yield other
    engine.dispose()


def test_the_rows_are_those_that_nbgrader_writes(graded):
    assert graded.points() == {"ada": 107, "eve": 60, "O'Neil, Zoë 李": 60}
    ours = rows(graded, "ada")
    with gradebook(graded) as book:
        book.remove_student("ada")
    by_nbgrader(graded, "ada", graded.graded("ada"), "2026-03-01 11:00:00 UTC")
    assert rows(graded, "ada") == ours


def test_only_what_has_changed_is_graded_again_and_a_persons_score_stays(graded):
    with gradebook(graded) as book:
        grade = book.find_grade("in_your_own_words", WEEK.notebook, WEEK.folder, "ada")
        grade.manual_score, grade.needs_manual_grade = 8, False
        book.db.commit()
    graded.hand_in("ada", {**PERFECT, "length": ""}).with_name("timestamp.txt").unlink()
    outcome = graded.grade()
    assert outcome.graded == ("ada",)
    assert len(outcome.kept) == 2
    assert graded.points()["ada"] == 67 + 8
    assert rows(graded, "ada")["submission"]["timestamp"] == "2026-03-01T11:00:00"


_CLIENTS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


def test_one_connection_serves_the_whole_run(graded):
    counted = []

    class Counting(ProgressListener):
        def step(self, name):
            with connection(graded) as other:
                counted.append(other.execute(text(_CLIENTS)).scalar())

    graded.grade(Counting(), force=True)
    assert set(counted) == {2}  # the run's and the counting one's


def test_a_locked_row_is_said_and_former_grades_stay(graded):
    graded.configure("c.ClassRun.database_wait = 0.05")
    before = graded.points()
    with connection(graded) as other:
        other.execute(text("SELECT * FROM assignment FOR UPDATE"))
        outcome = graded.grade(force=True)
    assert set(outcome.failures) == set(CLASS)
    assert all("is locked by another program" in reason for reason in outcome.failures.values())
    assert graded.points() == before
    assert len(graded.grade(force=True).graded) == 3


def test_a_connection_that_is_cut_costs_one_submission_at_most(graded):
    class Cutting(ProgressListener):
        cut = False

        def step(self, name):
            if name == "in the transaction" and not self.cut:
                self.cut = True
                with connection(graded) as other:
                    query = (
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    )
                    other.execute(text(f"{query} AND usename = 'grader'"))

    before = graded.points()
    outcome = graded.grade(Cutting(), force=True)
    assert len(outcome.failures) == 1
    assert "cannot be reached" in next(iter(outcome.failures.values()))
    assert graded.points() == before


def test_a_server_that_is_gone_is_said(graded, server):
    class Stopping(ProgressListener):
        done = 0

        def finished(self, student, failure):
            self.done += 1
            if self.done == 1:
                server.stop()

    from utils.errors import CourseError

    with pytest.raises(CourseError, match="cannot be reached"):
        graded.grade(Stopping(), force=True)
    with pytest.raises(CourseError, match=r"The gradebook .* cannot be opened"):
        graded.grade()
    server.start()
    assert set(graded.points()) == set(CLASS)
    outcome = graded.grade(force=True)
    assert len(outcome.graded) == 3
