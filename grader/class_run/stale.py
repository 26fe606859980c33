"""Whose grade rests on something that has changed since: the submission, its time, the week, the checks."""

from pathlib import Path

from traitlets.config import Config

from grader.class_run.assignment import released_week
from grader.class_run.gradebook import OpenGradebook
from grader.class_run.plan import Recipe
from grader.class_run.reading import deadlines_of, known_of
from grader.class_run.settings import ClassRun
from grader.class_run.submission import Refused, read_submission
from grader.execute import TrustedExecute, limits_from
from grader.judge.seeds import kept_secret
from grader.late.policy import configured_policy, in_words
from grader.results import Classroom
from utils.weeks import Week


def stale_students(config: Config, classroom: Classroom, gradebook: OpenGradebook, week: Week) -> set[str]:
    """Whom `course grade` would grade again, of those whom it has graded. It runs and changes nothing.

    Raises:
        CourseError: the week is not built or not released, or has changed since.
    """
    execute = TrustedExecute(config=config)
    if not Path(execute.secret_file).is_file():  # it would be made, and nobody graded here yet
        return set()
    recipe = Recipe(
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
