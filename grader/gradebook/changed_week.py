"""Compares a built week with the gradebook, for weeks that students have handed in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Assignment, GradeCell, Notebook, SubmittedNotebook, TaskCell
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from grader.build.build import Built
from grader.build.release import load_config
from grader.folders import CONFIG
from grader.gradebook.database import OpenGradebook
from grader.gradebook.errors import NotWritten
from grader.notebook.exercises import Exercise, exercises_of
from utils.errors import CourseError
from utils.weeks import Week

_WAIT_S = 5.0
"""The time to wait for a gradebook that another program has locked."""


@dataclass(frozen=True)
class ChangedWeek:
    """The differences between a week's exercises and the gradebook's, by cell."""

    week: Week
    submissions: int
    new: tuple[str, ...]
    gone: tuple[str, ...]
    points: tuple[tuple[str, float, float], ...]
    """The cell, its points in the gradebook and its points now."""


def changed_weeks(root: Path, built: Iterable[Built]) -> list[ChangedWeek]:
    """Return the weeks with submissions whose exercises or points differ from the gradebook's.

    Empty where there is no readable gradebook, since then nothing has been graded here.
    """
    released = [each for each in built if not each.source.parts_only]
    if not (root / CONFIG).is_file():
        return []
    config = load_config(root)
    url = make_url(config.CourseDirectory.db_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return []
    try:
        with (
            OpenGradebook(config.CourseDirectory.db_url, _WAIT_S) as gradebook,
            gradebook.reading() as session,
        ):
            found = [_compared(session, each) for each in released]
    except (CourseError, NotWritten):
        return []
    return [each for each in found if each is not None]


def sentences(changed: ChangedWeek) -> Iterator[str]:
    """Yield the lines to print for an instructor: the changes, and the next commands."""
    week = changed.week
    yield f"{week.folder}: the gradebook has {changed.submissions} submissions of this week as it was."
    if changed.new:
        yield f"  new      {', '.join(changed.new)}: it counts 0 until you grade again."
    for cell, before, now in changed.points:
        yield f"  points   {cell}: {before:g} → {now:g}"
    if changed.gone:
        yield f"  gone     {', '.join(changed.gone)}: put it back, unless these grades are to be lost."
    yield f"  Next: `nbgrader generate_assignment {week.folder} --force`, which keeps the grades, and"
    yield f"  `course grade {week.number}`."


def _compared(session: Session, built: Built) -> ChangedWeek | None:
    week = built.source.week
    query = (
        select(Notebook)
        .join(Assignment, Assignment.id == Notebook.assignment_id)
        .where(Assignment.name == week.folder, Notebook.name == week.notebook)
    )
    notebook = session.scalar(query)
    if notebook is None:
        return None
    submissions = session.scalars(
        select(SubmittedNotebook.id).where(SubmittedNotebook.notebook_id == notebook.id)
    ).all()
    known = {name: float(max_score) for name, max_score in _graded_cells(session, notebook)}
    now = {each.cell: float(each.out_of) for each in _exercises(built)}
    if not submissions or known == now:
        return None
    both = [cell for cell in now if cell in known and known[cell] != now[cell]]
    return ChangedWeek(
        week=week,
        submissions=len(submissions),
        new=tuple(cell for cell in now if cell not in known),
        gone=tuple(sorted(set(known) - set(now))),
        points=tuple((cell, known[cell], now[cell]) for cell in both),
    )


def _graded_cells(session: Session, notebook: Notebook) -> Iterator[tuple[str, float]]:
    for kind in (GradeCell, TaskCell):
        yield from session.execute(select(kind.name, kind.max_score).where(kind.notebook_id == notebook.id))


def _exercises(built: Built) -> list[Exercise]:
    return exercises_of(built.source.notebook.cells)
