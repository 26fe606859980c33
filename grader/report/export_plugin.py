"""`nbgrader export`: the grades of all weeks as a CSV file for spreadsheets, safe from formulas."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin

from grader.report.csv_file import replace_file, safe

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip
"""The columns of nbgrader's own export."""


class SpreadsheetExport(ExportPlugin):
    """Exports the same table as nbgrader's own plugin, with quotes and a byte order mark.

    nbgrader's own breaks at a comma in a name, shows umlauts wrongly in Excel, and lets a name be a formula.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Writes the grades to the file `to`, atomically.

        Raises:
            CourseError: the file cannot be written.
        """
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        out = io.StringIO(newline="")
        table = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
        table.writerow(COLUMNS)
        for assignment in self._selected(gradebook.assignments, self.assignment, "name"):
            for student in self._selected(gradebook.students, self.student, "id"):
                table.writerow(_row(gradebook, assignment, student))
        replace_file(path, out.getvalue())

    def _selected(self, items: Iterable[Any], names: list[str], field: str) -> Iterator[Any]:
        """Return the items whose field is among the names that the command line selects; by default all."""
        wanted = {str(each) for each in names}
        return (each for each in items if not wanted or getattr(each, field) in wanted)


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> list[str | float]:
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:  # no submission counts as 0
        timestamp, score, penalty = "", 0.0, 0.0
    else:
        timestamp = submission.timestamp
        score, penalty = submission.score, submission.late_submission_penalty or 0.0
    return [
        safe(assignment.name),
        _text(assignment.duedate),
        _text(timestamp),
        *(safe(_text(each)) for each in (student.id, student.last_name, student.first_name, student.email)),
        score,
        penalty,
        max(0.0, score - penalty),
        assignment.max_score,
    ]


def _text(value: object) -> str:
    return "" if value is None else str(value)
