"""`course report`: prints the report of a week and writes the table of grades."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from traitlets.config import Config

from grader.build.release import load_config
from grader.class_run.stale_grades import stale_students
from grader.folders import find_root
from grader.gradebook.database import OpenGradebook
from grader.gradebook.results import Classroom, StudentResult
from grader.report.csv_file import csv_text, write_csv
from grader.report.terminal_report import views
from utils.errors import CourseError
from utils.weeks import Week


def run(week: Week, csv: Path | None = None, console: Console | None = None) -> None:
    """Prints the report of a week, and writes the grades to the file `csv`, if given.

    Raises:
        CourseError: nothing has been handed in or released, or the file cannot be written.
    """
    console = console or Console(highlight=False)
    config = load_config(find_root())
    classroom = Classroom(config)
    exercises = classroom.exercises(week)
    results = _results(config, classroom, week)
    if csv is not None:
        write_csv(csv.expanduser(), csv_text(exercises, results))
    for part in views(week, exercises, results):
        console.print(part)
        console.print()
    if csv is not None:
        console.print(f"The grades are in {csv}.", markup=False)


def _results(config: Config, classroom: Classroom, week: Week) -> list[StudentResult]:
    with classroom.gradebook() as gradebook:
        students = sorted({*classroom.students(week), *classroom.known(week, gradebook)})
        if not students:
            raise CourseError(f"Nobody has handed in week {week.number}, so there is nothing to report.")
        stale = _stale(config, classroom, gradebook, week)
        results = classroom.results(week, students, {}, gradebook)
    return [replace(each, stale=each.student in stale and bool(each.rows)) for each in results]


def _stale(config: Config, classroom: Classroom, gradebook: OpenGradebook, week: Week) -> set[str]:
    try:
        return stale_students(config, classroom, gradebook, week)
    except CourseError:  # the week itself has changed, so every grade is stale
        return set(classroom.known(week, gradebook))
