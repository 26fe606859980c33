"""A released week, made once for all tests and all of pytest's workers, and a class of each test's own."""

from pathlib import Path

import pytest
from filelock import FileLock

from grader.class_run import run

from .small_class import SmallClass, here, moved, release


@pytest.fixture(scope="session")
def released(shared: Path) -> Path:
    """The course folder with its released week; to be copied, not changed."""
    folder = shared / "released week"
    with FileLock(folder.with_suffix(".once")):
        if not folder.with_suffix(".done").exists():
            release(folder)
            folder.with_suffix(".done").touch()
    return folder


@pytest.fixture
def small(released: Path, tmp_path: Path) -> SmallClass:
    """A class that has not handed in anything."""
    return SmallClass(moved(released, tmp_path / "course folder"))


@pytest.fixture
def in_process(monkeypatch) -> None:
    """Grades in this process in place of Dask's."""
    monkeypatch.setattr(run, "processes", here)
    monkeypatch.setattr(run, "scheduler", here)
