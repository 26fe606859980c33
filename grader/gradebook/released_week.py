"""A released week: its notebook and parts, from the gradebook and nbgrader's folders."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory

from grader.autograde.gradebook_source import gradebook_source
from grader.gradebook.database import NotebookFinder, OpenGradebook
from grader.notebook.cells import grade_id, grading
from grader.notebook.exercises import Exercise, exercises_of, read_exercises
from utils.errors import CourseError
from utils.weeks import Week


@dataclass(frozen=True)
class ReleasedWeek:
    """A week as it was released, by which its submissions are graded."""

    week: Week
    source: bytes
    """The notebook, with the cells' sources and points from the gradebook."""
    parts: bytes
    """The week's parts.py; empty where it has none."""

    @cached_property
    def _cells(self) -> list[NotebookNode]:
        return nbformat.reads(self.source.decode(), as_version=4).cells

    @cached_property
    def exercises(self) -> list[Exercise]:
        """The exercises, in the notebook's order."""
        return exercises_of(self._cells)

    def unanswered(self, notebook: Mapping[str, Any]) -> dict[str, bool]:
        """Return for each answer cell of a graded notebook whether it is as released."""
        released = {
            name: cell.source
            for cell in self._cells
            if grading(cell).get("solution") and (name := grade_id(cell)) is not None
        }
        answers = {
            grade_id(cell): cell.source for cell in nbformat.from_dict(notebook).cells if grade_id(cell)
        }
        return {name: answers.get(name, text) == text for name, text in released.items()}


def released_week(gradebook: OpenGradebook, folders: CourseDirectory, week: Week) -> ReleasedWeek:
    """Reads a released week.

    Raises:
        CourseError: the week was not built or not released, or has changed since.
    """
    source_folder = _folder(folders, folders.source_directory, week)
    built = read_exercises(source_folder / f"{week.notebook}.ipynb")
    released = _folder(folders, folders.release_directory, week) / f"{week.notebook}.ipynb"
    with gradebook.reading() as session:
        source = gradebook_source(NotebookFinder(session), week.folder, week.notebook, released)
    parts = source_folder / "parts.py"
    found = ReleasedWeek(week, source, parts.read_bytes() if parts.is_file() else b"")
    _refuse_changes(built, found.exercises)
    return found


def _folder(folders: CourseDirectory, step: str, week: Week) -> Path:
    return Path(folders.format_path(step, ".", week.folder))


def _refuse_changes(built: list[Exercise], known: list[Exercise]) -> None:
    points_of = {exercise.cell: exercise.out_of for exercise in known}
    for exercise in built:
        if exercise.cell not in points_of:
            raise CourseError(f"The gradebook does not know {exercise.cell}: {_CHANGED}")
        if exercise.out_of != points_of[exercise.cell]:
            known_points = points_of[exercise.cell]
            points = f"{known_points:g} points in the gradebook and {exercise.out_of:g} in the notebook"
            raise CourseError(f"{exercise.cell} has {points}: {_CHANGED}")


_CHANGED = (
    "the week has changed since `nbgrader generate_assignment`. Run that again, with --force, and grade "
    "again."
)
