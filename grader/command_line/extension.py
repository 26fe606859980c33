"""`course extend`: gives a student more time."""

from datetime import datetime, timedelta

from rich.console import Console

from grader.build.release import load_config
from grader.deadlines.extension import extend
from grader.folders import find_root
from grader.gradebook.results import Classroom
from utils.weeks import Week


def run(week: Week, student: str, days: float, console: Console | None = None) -> None:
    """Gives a student more time and prints the new deadline.

    Raises:
        CourseError: the gradebook has no place for it; see `extend`.
    """
    console = console or Console(highlight=False)
    with Classroom(load_config(find_root())).gradebook() as gradebook, gradebook.transaction() as session:
        due = extend(session, week, student, days)
    console.print(f"{student} has time until {_shown(due)}{_more(days)}.", markup=False)
    console.print(f"`course grade {week.number}` makes the penalty anew.")


def _shown(due: datetime) -> str:
    return f"{due:%Y-%m-%d %H:%M} UTC"


def _more(days: float) -> str:
    return f", {timedelta(days=days)} hours more than the class" if days else ", like the class"
