"""Updates the gradebook when a week changes after students have handed in, and keeps every grade."""

from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import SaveCells
from traitlets import Bool

from utils.errors import CourseError

_GRADED, _COMMENTED = (GradeCell, TaskCell), (SolutionCell, TaskCell)


def release_steps() -> list[type]:
    """Return nbgrader's preprocessors of a release, with SaveCellsKeepGrades in place of SaveCells."""
    steps = GenerateAssignment.class_traits()["preprocessors"].default()
    return [SaveCellsKeepGrades if step is SaveCells else step for step in steps]


class SaveCellsKeepGrades(SaveCells):
    """Adds cells and changes points even where there are submissions.

    nbgrader's own class raises an error, when `generate_assignment --force` has already removed the released
    folder.
    """

    remove_exercises = Bool(
        False, help="Remove exercises from the gradebook that the week has no longer, with all their grades."
    ).tag(config=True)

    def _create_notebook(self, nb: NotebookNode) -> None:
        # Overrides a private method of nbgrader, which calls it with the gradebook open: no public one does.
        known = self._with_submissions()
        if known is None:
            super()._create_notebook(nb)
            return
        self._refuse_to_lose(known)
        self._save_cells()
        self._remove_cells(known)
        self._complete(known)
        self._flag_excess_points(known)
        self.gradebook.db.commit()

    def _with_submissions(self) -> Notebook | None:
        """Return the gradebook's notebook if it has submissions."""
        notebooks = self.gradebook.db.query(Notebook).filter(Notebook.name == self.notebook_id).all()
        found = next((each for each in notebooks if each.assignment.name == self.assignment_id), None)
        return found if found is not None and found.submissions else None

    def _refuse_to_lose(self, known: Notebook) -> None:
        gone = sorted(set(self._names(known, _GRADED)) - {*self.new_grade_cells, *self.new_task_cells})
        if gone and not self.remove_exercises:
            submissions = len(known.submissions)
            raise CourseError(
                f"{self.assignment_id} has no longer {', '.join(gone)}, for which the gradebook has grades "
                f"of {submissions} submissions. Nothing in the gradebook was changed. To keep them, put this "
                "back into the source. To lose these grades, add "
                "--SaveCellsKeepGrades.remove_exercises=True to this command. `course build` makes the "
                "released folder again, which this command has removed."
            )

    def _save_cells(self) -> None:
        names = (self.notebook_id, self.assignment_id)
        for name, info in self.new_grade_cells.items():
            self.gradebook.update_or_create_grade_cell(name, *names, **info)
        for name, info in self.new_solution_cells.items():
            self.gradebook.update_or_create_solution_cell(name, *names, **info)
        for name, info in self.new_task_cells.items():
            self.gradebook.update_or_create_task_cell(name, *names, **info)
        for name, info in self.new_source_cells.items():
            self.gradebook.update_or_create_source_cell(name, *names, **info)

    def _remove_cells(self, known: Notebook) -> None:
        session = self.gradebook.db
        kept = (
            (GradeCell, self.new_grade_cells),
            (SolutionCell, self.new_solution_cells),
            (TaskCell, self.new_task_cells),
        )
        for kind, names in kept:
            for cell in self._cells(known, (kind,)):
                if cell.name not in names:
                    self.log.warning(
                        "%s is no longer graded: its grades and comments are removed.", cell.name
                    )
                    for row in (*cell.grades, *cell.comments):
                        session.delete(row)
                    session.delete(cell)
        for cell in list(known.source_cells):
            if cell.name not in self.new_source_cells:
                session.delete(cell)
        session.commit()
        session.refresh(known)

    def _complete(self, known: Notebook) -> None:
        """Adds the rows of new cells to every submission: formgrader finds only cells that have them."""
        for submitted in known.submissions:
            for kind, cells in ((Grade, _GRADED), (Comment, _COMMENTED)):
                self._add_rows(submitted, kind, self._cells(known, cells))

    def _add_rows(self, submitted: SubmittedNotebook, kind: type[Grade | Comment], cells: Iterable) -> None:
        rows = submitted.grades if kind is Grade else submitted.comments
        existing = {row.cell_id for row in rows}
        for cell in cells:
            if cell.id not in existing:
                self.gradebook.db.add(kind(cell_id=cell.id, notebook_id=submitted.id))
        self.gradebook.db.flush()

    def _flag_excess_points(self, known: Notebook) -> None:
        """Flags manual scores above an exercise's new maximum, for a person to look at again."""
        for cell in self._cells(known, _GRADED):
            for grade in cell.grades:
                if grade.manual_score is not None and grade.manual_score > cell.max_score:
                    grade.needs_manual_grade = True
                    self.log.warning(
                        "%s has %g points from a person for %s, which now has %g: look at it in formgrader.",
                        grade.student.id, grade.manual_score, cell.name, cell.max_score,
                    )  # fmt: skip

    def _cells(self, known: Notebook, kinds: tuple[type[BaseCell], ...]) -> list[Any]:
        session = self.gradebook.db
        return [
            cell for kind in kinds for cell in session.query(kind).filter(kind.notebook_id == known.id).all()
        ]

    def _names(self, known: Notebook, kinds: tuple[type[BaseCell], ...]) -> list[str]:
        return [cell.name for cell in self._cells(known, kinds)]
