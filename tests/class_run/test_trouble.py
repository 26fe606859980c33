"""A locked gradebook, a full disk, a read-only place: a reason for each, and former grades as they were."""

import errno
import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from grader.class_run.listener import ProgressListener
from grader.gradebook import graded_file

from .small_class import HALF, PERFECT, WEEK, SmallClass

pytestmark = pytest.mark.usefixtures("in_process")

STUDENTS = ("ada", "eve", "kim", "leo", "mia", "zoe")


@pytest.fixture
def graded(small: SmallClass) -> SmallClass:
    """A class that was graded and has handed in something better since."""
    for student in STUDENTS:
        small.hand_in(student, HALF)
    small.grade()
    for student in STUDENTS:
        small.hand_in(student, PERFECT)
    return small


def state(small: SmallClass) -> tuple[dict, dict]:
    """Points and graded notebooks."""
    return small.points(), {student: small.graded(student).read_bytes() for student in STUDENTS}


class During(ProgressListener):
    """Does something when the run begins, and something else after so many submissions."""

    def __init__(self, begin=lambda: None, later=lambda: None, after=0):
        self._begin, self._later, self._left = begin, later, after

    def begin(self, grade, kept):
        self._begin()

    def finished(self, student, failure):
        self._left -= 1
        if self._left == 0:
            self._later()


def lock(small: SmallClass) -> sqlite3.Connection:
    """Another program that holds the gradebook."""
    other = sqlite3.connect(small.database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    return other


def test_a_locked_gradebook_costs_nobody_a_former_grade(graded):
    before = state(graded)
    others = []
    watch = During(begin=lambda: others.append(lock(graded)))
    watch.end = lambda: others.pop().close()
    outcome = graded.grade(watch)
    assert outcome.graded == ()
    assert set(outcome.failures) == set(STUDENTS)
    assert set(outcome.failures.values()) == {
        "the gradebook is locked by another program, formgrader perhaps: close it and try again."
    }
    assert state(graded) == before
    assert graded.grade().graded == STUDENTS
    assert set(graded.points().values()) == {107}


def test_a_lock_that_ends_in_time_costs_nothing(graded, monkeypatch):
    held = []

    class Locked(ProgressListener):
        def begin(self, grade, kept):
            held.append(lock(graded))

        def step(self, name):
            assert not held

    from grader.gradebook import write_queue

    tries = []
    original = write_queue.WriteQueue.put

    def put(self, result):
        tries.append(result.student)
        if len(tries) == 5:
            held.pop().close()
        yield from original(self, result)

    monkeypatch.setattr(write_queue.WriteQueue, "put", put)
    monkeypatch.setattr(ProgressListener, "step", lambda self, name: None)
    outcome = graded.grade(During(begin=lambda: held.append(lock(graded))))
    assert sorted(outcome.graded) == sorted(STUDENTS)
    assert outcome.failures == {}


def test_a_disk_that_is_full_for_files(graded, monkeypatch):
    before = state(graded)
    real = os.fsync
    written = []

    def full(descriptor):
        written.append(descriptor)
        if len(written) % 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(graded_file.os, "fsync", full)
    outcome = graded.grade()
    monkeypatch.undo()
    assert outcome.failures
    assert set(outcome.failures.values()) == {"the disk is full: make room and try again."}
    for student in outcome.failures:
        assert graded.graded(student).read_bytes() == before[1][student]
    assert left_over(graded) == []


def test_a_file_may_not_grow_any_more(graded):
    """The system's own limit on a file's size, where a full disk would stop it."""
    resource = pytest.importorskip("resource")
    before = state(graded)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # noqa: E731
        outcome = graded.grade(During(begin=limit))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert set(outcome.failures) == set(STUDENTS)
    assert set(outcome.failures.values()) == {"the disk is full: make room and try again."}
    assert state(graded) == before
    assert left_over(graded) == []


def test_a_disk_that_is_full_for_the_gradebook(graded):
    before = state(graded)
    with closing(sqlite3.connect(graded.database)) as database:
        pages = database.execute("PRAGMA page_count").fetchone()[0]
    graded.hand_in("new", PERFECT)  # whose rows need room
    limit = During(begin=lambda: None)
    outcome = run_with_pages(graded, limit, pages)
    assert "the gradebook's disk is full: make room and try again." in (outcome.failures.values())
    for student in set(outcome.failures) - {"new"}:
        assert graded.graded(student).read_bytes() == before[1][student]
        assert graded.points()[student] == before[0][student]
    assert left_over(graded) == []
    graded.grade()
    assert set(graded.points().values()) == {107}


def run_with_pages(small: SmallClass, watch: ProgressListener, pages: int):
    """A class run on a database that may not grow: SQLite then says that the disk is full."""
    from sqlalchemy import Engine, event

    def limit(connection, _):
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", limit)
    try:
        return small.grade(watch)
    finally:
        event.remove(Engine, "connect", limit)


def test_the_place_of_a_graded_notebook_is_taken(graded):
    place = graded.graded("eve")
    shutil.rmtree(place.parent)
    place.parent.write_text("a file where a folder should be")
    outcome = graded.grade()
    assert sorted(outcome.graded) == sorted(set(STUDENTS) - {"eve"})
    assert outcome.failures["eve"].startswith(
        "its points are in the gradebook, but its graded notebook could not be put in place: "
    )
    assert graded.points()["eve"] == 107
    place.parent.unlink()
    outcome = graded.grade()
    assert (outcome.graded, "eve" in outcome.kept) == ((), True)
    assert place.is_file()


def left_over(small: SmallClass) -> list:
    """Files that are neither graded notebooks nor beside one."""
    top = small.root / "classroom/autograded"
    graded = {small.graded(student) for student in small.classroom.students(WEEK)}
    return [path for path in top.rglob("*") if path.is_file() and path not in graded]


def test_two_runs_at_once_are_refused(graded):
    from utils.errors import CourseError

    refused = []

    class Second(ProgressListener):
        def begin(self, grade, kept):
            with pytest.raises(CourseError, match="Another `course grade` is at work") as error:
                graded.grade()
            refused.append(error)

    assert len(graded.grade(Second()).graded) == len(STUDENTS)
    assert refused
