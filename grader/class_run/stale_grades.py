"""Stale grades: those that depend on something that has changed since, as the submission or a check."""

from pathlib import Path

from traitlets.config import Config

from grader.class_run.fingerprint import configured_recipe
from grader.class_run.submission_files import Refused, read_submission
from grader.gradebook.database import OpenGradebook
from grader.gradebook.queries import deadlines_of, known_of
from grader.gradebook.released_week import released_week
from grader.gradebook.results import Classroom
from grader.nbgrader_plugins.late_policy import configured_policy
from grader.nbgrader_plugins.preprocessor import TrustedExecute
from utils.weeks import Week


def stale_students(config: Config, classroom: Classroom, gradebook: OpenGradebook, week: Week) -> set[str]:
    """Return the students that `course grade` has graded and would grade again. Changes nothing.

    Raises:
        CourseError: the week is not built or not released, or has changed since.
    """
    if not Path(TrustedExecute(config=config).secret_file).is_file():
        return set()  # nothing was graded here yet, and reading the secret would create it
    released = released_week(gradebook, classroom.folders, week)
    recipe = configured_recipe(config, released, configured_policy(config))
    with gradebook.reading() as session:
        known, deadlines = known_of(session, week.folder), deadlines_of(session, week.folder)
    stale = set()
    for student in set(classroom.students(week)) & set(known):
        try:
            path = classroom.submitted(week, student)
            submission = read_submission(path, classroom.all_submitted, recipe.limits.submission_bytes)
        except Refused:
            stale.add(student)  # it had been graded, so it has changed
            continue
        if recipe.fingerprint(submission, deadlines.of(student)) != known[student].fingerprint:
            stale.add(student)
    return stale
