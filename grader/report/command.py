"""What `course report` prints and writes."""

from pathlib import Path

from rich.console import Console

from grader.folders import find_root
from grader.report.csv_file import csv_text, write_csv
from grader.report.view import views
from grader.results import Classroom, Result
from grader.student_version import load_config
from utils.errors import CourseError
from utils.weeks import Week


def run(week: Week, csv: Path | None = None, console: Console | None = None) -> None:
    """Prints the report of a week, and writes the table of grades where one is asked for.

    Raises:
        CourseError: nothing has been handed in or released, or the file cannot be written.
    """
    console = console or Console(highlight=False)
    classroom = Classroom(load_config(find_root()))
    exercises = classroom.exercises(week)
    results = _results(classroom, week)
    if csv is not None:
        write_csv(csv.expanduser(), csv_text(exercises, results))
    for part in views(week, exercises, results):
        console.print(part)
        console.print()
    if csv is not None:
        console.print(f"The grades are in {csv}.", markup=False)


def _results(classroom: Classroom, week: Week) -> list[Result]:
    with classroom.gradebook() as gradebook:
        students = sorted({*classroom.students(week), *classroom.known(week, gradebook)})
        if not students:
            raise CourseError(f"Nobody has handed in week {week.number}, so there is nothing to report.")
        return classroom.results(week, students, {}, gradebook)
