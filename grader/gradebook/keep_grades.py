"""Tells the gradebook of a week that has changed after students handed in, and keeps every grade."""

from collections.abc import Iterable

from nbformat import NotebookNode
from nbgrader.api import Comment, Grade, GradeCell, Notebook, SolutionCell, SubmittedNotebook, TaskCell
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import SaveCells
from traitlets import Bool

from utils.errors import CourseError

_GRADED, _COMMENTED = (GradeCell, TaskCell), (SolutionCell, TaskCell)


def release_steps() -> list[type]:
    """nbgrader's own steps from a source to a release, with this one in SaveCells's place."""
    steps = GenerateAssignment.class_traits()["preprocessors"].default()
    return [SaveCellsKeepGrades if step is SaveCells else step for step in steps]


class SaveCellsKeepGrades(SaveCells):
    """Adds cells and changes points also where there are submissions.

    nbgrader's own refuses to, in a traceback, when `generate_assignment --force` has already removed the
    released folder.
    """

    remove_exercises = Bool(
        False, help="Remove exercises from the gradebook that the week has no longer, with all their grades."
    ).tag(config=True)

    def _create_notebook(self, nb: NotebookNode) -> None:
        # The name is nbgrader's, which calls it with the gradebook open.
        known = self._with_submissions()
        if known is None:
            super()._create_notebook(nb)
            return
        self._refuse_to_lose(known)
        self._save_cells()
        self._remove_cells(known)
        self._complete(known)
        self._tell_of_more_than_there_is(known)
        self.gradebook.db.commit()

    def _with_submissions(self) -> Notebook | None:
        """The gradebook's notebook, where somebody has handed it in."""
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
        place = (self.notebook_id, self.assignment_id)
        for name, info in self.new_grade_cells.items():
            self.gradebook.update_or_create_grade_cell(name, *place, **info)
        for name, info in self.new_solution_cells.items():
            self.gradebook.update_or_create_solution_cell(name, *place, **info)
        for name, info in self.new_task_cells.items():
            self.gradebook.update_or_create_task_cell(name, *place, **info)
        for name, info in self.new_source_cells.items():
            self.gradebook.update_or_create_source_cell(name, *place, **info)

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
        """Gives every submission the rows of new cells, without which formgrader does not find them."""
        for submitted in known.submissions:
            for kind, cells in ((Grade, _GRADED), (Comment, _COMMENTED)):
                self._add_rows(submitted, kind, self._cells(known, cells))

    def _add_rows(self, submitted: SubmittedNotebook, kind: type, cells: Iterable) -> None:
        rows = submitted.grades if kind is Grade else submitted.comments
        there = {row.cell_id for row in rows}
        for cell in cells:
            if cell.id not in there:
                self.gradebook.db.add(kind(cell_id=cell.id, notebook_id=submitted.id))
        self.gradebook.db.flush()

    def _tell_of_more_than_there_is(self, known: Notebook) -> None:
        """Names whom a person gave more points than the exercise has now, for a person to look at again."""
        for cell in self._cells(known, _GRADED):
            for grade in cell.grades:
                if grade.manual_score is not None and grade.manual_score > cell.max_score:
                    grade.needs_manual_grade = True
                    self.log.warning(
                        "%s has %g points from a person for %s, which now has %g: look at it in formgrader.",
                        grade.student.id, grade.manual_score, cell.name, cell.max_score,
                    )  # fmt: skip

    def _cells(self, known: Notebook, kinds: tuple[type, ...]) -> list:
        session = self.gradebook.db
        return [
            cell for kind in kinds for cell in session.query(kind).filter(kind.notebook_id == known.id).all()
        ]

    def _names(self, known: Notebook, kinds: tuple[type, ...]) -> list[str]:
        return [cell.name for cell in self._cells(known, kinds)]
