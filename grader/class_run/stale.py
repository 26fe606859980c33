"""Whose grade rests on something that has changed since: the submission, its time, the week, the checks."""

from pathlib import Path

from traitlets.config import Config

from grader.autograde.seeds import kept_secret
from grader.class_run.fingerprint import TaskRecipe
from grader.class_run.submission_files import Refused, read_submission
from grader.gradebook.database import OpenGradebook
from grader.gradebook.queries import deadlines_of, known_of
from grader.gradebook.released_week import released_week
from grader.gradebook.results import Classroom
from grader.gradebook.settings import ClassRun
from grader.nbgrader_plugins.late_policy import configured_policy, in_words
from grader.nbgrader_plugins.preprocessor import TrustedExecute, limits_from
from utils.weeks import Week


def stale_students(config: Config, classroom: Classroom, gradebook: OpenGradebook, week: Week) -> set[str]:
    """Whom `course grade` would grade again, of those whom it has graded. It runs and changes nothing.

    Raises:
        CourseError: the week is not built or not released, or has changed since.
    """
    execute = TrustedExecute(config=config)
    if not Path(execute.secret_file).is_file():  # it would be made, and nobody graded here yet
        return set()
    recipe = TaskRecipe(
        released=released_week(gradebook, classroom.folders, week),
        secret=kept_secret(Path(execute.secret_file)),
        late_policy=in_words(configured_policy(config)),
        limits=limits_from(execute.limits),
        required=tuple(execute.required),
        executor=ClassRun(config=config).executor,
    )
    with gradebook.reading() as session:
        known, deadlines = known_of(session, week.folder), deadlines_of(session, week.folder)
    found = set()
    for student in set(classroom.students(week)) & set(known):
        try:
            path = classroom.submitted(week, student)
            submission = read_submission(path, classroom.all_submitted, recipe.limits.submission_bytes)
        except Refused:
            found.add(student)  # what was graded is not what is there
            continue
        if recipe.fingerprint(submission, deadlines.of(student)) != known[student].fingerprint:
            found.add(student)
    return found
