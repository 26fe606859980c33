"""A small course to build, and the repository's own."""

from pathlib import Path

import pytest

from grader.build.build import Built, make_all
from grader.build.install import write

from .small_course import REPOSITORY, small_course


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The small course, unbuilt."""
    return small_course(tmp_path / "course folder")


@pytest.fixture
def built(course: Path) -> Path:
    """The small course, built."""
    write(course, make_all(course))
    return course


@pytest.fixture(scope="session")
def real_weeks() -> list[Built]:
    """What the repository's own sources give."""
    return make_all(REPOSITORY)
