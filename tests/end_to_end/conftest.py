"""The small course with a graded class."""

from pathlib import Path

import pytest
from build.small_course import VECTORS, small_course

from grader.tools.demo.cycle import Demo, run_demo
from grader.tools.nbgrader_commands import CommandResult

from .graded_class import graded_once

WRONG = {
    "dot_product": "def dot_product(left, right):\n    return sum(left) + sum(right)",
    "length": "def length(vector):\n    return 25.0",
    "largest_place": "def largest_place(vector):\n    return vector.index(max(vector)) + 1",
}
"""The misled student of the small course: two known mistakes, and one that no check knows."""


@pytest.fixture(scope="session")
def graded(shared: Path) -> tuple[Demo, list[CommandResult]]:
    """The small course's sample class, taken through the whole cycle, and the commands that it took."""

    def grade(folder: Path, commands: list[CommandResult]) -> Demo:
        course = small_course(folder / "course folder")
        return run_demo(course, folder / "demo", VECTORS, WRONG, commands.append)

    return graded_once(shared / "small class", grade)


@pytest.fixture(scope="session")
def demo(graded) -> Demo:
    return graded[0]


@pytest.fixture(scope="session")
def results(demo) -> dict:
    """The class's results by student."""
    return {result.student: result for result in demo.results}
