"""`nbgrader export`: the grades of all weeks as a table that any spreadsheet opens, and that runs nothing."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin

from grader.report.csv_file import replace_file, safe

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip
"""As nbgrader's own export names them."""


class SpreadsheetExport(ExportPlugin):
    """Writes what nbgrader's own export writes, in quotes and with a mark that says that it is UTF-8.

    nbgrader's own breaks at a comma in a name, shows umlauts wrongly in Excel, and gives a spreadsheet names
    that it computes as formulas.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Writes the grades to `to`, whole or not at all.

        Raises:
            CourseError: the file cannot be written.
        """
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        out = io.StringIO(newline="")
        table = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
        table.writerow(COLUMNS)
        for assignment in self._wanted(gradebook.assignments, self.assignment, "name"):
            for student in self._wanted(gradebook.students, self.student, "id"):
                table.writerow(_row(gradebook, assignment, student))
        replace_file(path, out.getvalue())

    def _wanted(self, every: list, names: list, name: str) -> Iterator:
        """All of them, or those that the command line names."""
        wanted = {str(each) for each in names}
        return (each for each in every if not wanted or getattr(each, name) in wanted)


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> list[str | float]:
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:  # nothing was handed in, which counts as 0
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
