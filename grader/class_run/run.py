"""A class run from beginning to end: plan, grade on the workers, write the gradebook."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from traitlets.config import Config

from grader.build.release import load_config
from grader.class_run.class_submissions import ClassSubmissions
from grader.class_run.fingerprint import configured_recipe, is_up_to_date
from grader.class_run.listener import ProgressListener
from grader.class_run.options import ClassRunOptions
from grader.class_run.outcomes import Outcomes
from grader.class_run.submission_files import Refused, SubmissionFiles
from grader.class_run.unicode_names import composed_only, one_spelling
from grader.class_run.worker_server import WorkerServer
from grader.class_run.worker_task import from_bytes
from grader.class_run.workers import Failed, Job, Workers, processes, scheduler
from grader.gradebook.database import OpenGradebook
from grader.gradebook.errors import NotWritten
from grader.gradebook.penalties import stale_penalties
from grader.gradebook.queries import Deadlines, deadlines_of, known_of, refused_of
from grader.gradebook.recovery import recover
from grader.gradebook.released_week import released_week
from grader.gradebook.results import Classroom, StudentResult
from grader.gradebook.settings import ClassRun
from grader.gradebook.writer import PendingWrite, Writer
from grader.nbgrader_plugins.late_policy import configured_policy
from utils.errors import CourseError


@dataclass(frozen=True)
class ClassRunResult:
    """The outcome of a class run."""

    results: tuple[StudentResult, ...]
    """The results of all requested students, sorted by student."""
    graded: tuple[str, ...]
    """Students graded in this run."""
    kept: tuple[str, ...]
    """Students whose grade was up to date."""
    failures: Mapping[str, str]
    """Students who could not be graded, each with the reason."""


def grade_class(
    root: Path,
    options: ClassRunOptions,
    listener: ProgressListener | None = None,
    server: WorkerServer | None = None,
) -> ClassRunResult:
    """Grades a week's submissions in the course folder `root`.

    A run may end at any moment, by Ctrl-C, kill -9 or a power cut: what was graded is kept, and the next run
    goes on with the rest.

    Args:
        root: the course folder.
        options: the week, and how to grade it.
        listener: receives the events of the run.
        server: the server that forks this machine's workers, where it has been started already.

    Raises:
        CourseError: the week is not built or released, another run is at work, or nothing can be graded.
    """
    listener = listener or ProgressListener()
    config = load_config(root)
    classroom = Classroom(config)
    two_spellings = one_spelling(classroom.all_submitted, options.week.folder)
    students = _students(classroom, options)
    with _lock_class(classroom.lock), classroom.gradebook() as gradebook:
        try:
            run = _Run(config, classroom, gradebook, options, listener, server, two_spellings)
            run.grade(students)
        finally:
            listener.end()
        outcomes = run.outcomes
        results = classroom.results(options.week, students, outcomes.failures, gradebook)
        return ClassRunResult(tuple(results), tuple(outcomes.graded), tuple(outcomes.kept), outcomes.failures)


def _students(classroom: Classroom, options: ClassRunOptions) -> list[str]:
    submitted = composed_only(classroom.students(options.week))
    if not submitted:
        folder = classroom.submitted(options.week, "STUDENT").parent
        raise CourseError(f"Nobody has handed in week {options.week.number}: there is no folder {folder}.")
    unknown = [student for student in options.students if student not in submitted]
    if unknown:
        raise CourseError(
            f"There is no submission of {', '.join(unknown)} for {options.week.folder}; there are those of "
            f"{', '.join(submitted)}."
        )
    return [student for student in submitted if not options.students or student in options.students]


@contextmanager
def _lock_class(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise CourseError("Another `course grade` is at work on this class: wait for its table.") from None


@dataclass(frozen=True)
class _Sent:
    """A submission that a worker is grading."""

    submission: SubmissionFiles
    fingerprint: str


class _Run:
    """One class run, with the gradebook open and the class locked."""

    def __init__(
        self,
        config: Config,
        classroom: Classroom,
        gradebook: OpenGradebook,
        options: ClassRunOptions,
        listener: ProgressListener,
        server: WorkerServer | None,
        two_spellings: Collection[str] = (),
    ) -> None:
        self._gradebook, self._options = gradebook, options
        self._listener, self._server = listener, server
        self._settings = ClassRun(config=config)
        released = released_week(gradebook, classroom.folders, options.week)
        self._late_policy = configured_policy(config)
        try:
            self._recipe = configured_recipe(config, released, self._late_policy, options.trusted)
        except OSError as error:
            raise CourseError(f"The secret of the hidden cases cannot be had: {error}.") from None
        self._submissions = ClassSubmissions(
            classroom, options.week, self._recipe.limits.submission_bytes, two_spellings
        )
        self._writer = Writer(gradebook, released, self._late_policy, listener.step)
        self.outcomes = Outcomes(self._writer, listener)
        self._sent: dict[str, _Sent] = {}
        self._deadlines = Deadlines(None, {})

    def grade(self, students: list[str]) -> None:
        """Grades those of the students whose grade is not up to date.

        Raises:
            CourseError: nothing can be graded.
        """
        if self._server:
            self._server.load(self._recipe.task(b""), self._processes(len(students)))
        to_grade = self._plan(students)
        self._renew_penalties()
        outcomes = self.outcomes
        self._listener.begin(len(to_grade) + len(outcomes.failures), len(outcomes.kept))
        for student, failure in outcomes.failures.items():
            self._listener.finished(student, failure)
        if to_grade:
            with self._workers(len(to_grade)) as workers:
                with closing(workers.grade(self._jobs(to_grade))) as answers:
                    for student, answer in answers:
                        self._take(student, answer)
                outcomes.flush()

    def _plan(self, students: list[str]) -> list[str]:
        """Recovers an interrupted run's files and returns the students to grade; the others have outcomes."""
        files = {student: self._submissions.graded_file(student) for student in students}
        week, force = self._options.week.folder, self._options.force
        with self._gradebook.reading() as session:
            known = known_of(session, week)
            refused = refused_of(session, week)
            self._deadlines = deadlines_of(session, week)
        recover(files, known, self._submissions.companions)
        to_grade = []
        for student in students:
            try:
                fingerprint = self._fingerprint(student, self._submissions.read(student))
            except Refused as error:
                self.outcomes.refuse(student, str(error))
                continue
            if not force and is_up_to_date(student, fingerprint, known, files[student].current_digest()):
                self.outcomes.keep(student, was_refused=student in refused)
            elif not force and student in refused and refused[student].fingerprint == fingerprint:
                self.outcomes.failures[student] = refused[student].reason
            else:
                to_grade.append(student)
        return to_grade

    def _renew_penalties(self) -> None:
        """Renews the kept students' penalties: a person may have changed the points or granted more time."""
        outcomes = self.outcomes
        with self._gradebook.reading() as session:
            stale = stale_penalties(session, self._options.week, outcomes.kept, self._late_policy)
        for student in stale:
            try:
                self._writer.renew_penalty(student)
            except NotWritten as error:
                outcomes.kept.remove(student)
                outcomes.failures[student] = f"its penalty for lateness could not be made anew: {error}"

    def _workers(self, submissions: int) -> AbstractContextManager[Workers]:
        settings, options = self._settings, self._options
        address = options.scheduler or ("" if options.workers else settings.scheduler)
        if address:
            return scheduler(address, settings.worker_wait)
        number = self._processes(submissions)
        return processes(number, settings.tries, self._recipe.task(b""), self._server)

    def _processes(self, submissions: int) -> int:
        return self._settings.processes(self._options.workers, submissions)

    def _jobs(self, students: list[str]) -> Iterator[Job]:
        for student in students:
            try:
                # Read again rather than kept from `_plan`: all submissions of a large class fill the memory.
                submission = self._submissions.read(student)
            except Refused as error:
                self.outcomes.fail(student, str(error))
                continue
            self._sent[student] = _Sent(submission, self._fingerprint(student, submission))
            yield Job(student, self._recipe.task(submission.content))

    def _take(self, student: str, content: bytes | Failed) -> None:
        sent = self._sent.pop(student)
        if isinstance(content, Failed):
            self.outcomes.fail(student, content.reason)
            return
        answer = from_bytes(content)
        if answer.stop:
            raise CourseError(answer.stop)
        if answer.failure:
            self.outcomes.fail(student, answer.failure)
            return
        graded = answer.graded
        assert graded is not None, "an answer without a failure has a grade"
        if graded.problem:
            self.outcomes.fail(student, graded.problem, sent.fingerprint)
            return
        self.outcomes.write(
            PendingWrite(
                student=student,
                graded=graded,
                fingerprint=sent.fingerprint,
                file=self._submissions.graded_file(student),
                timestamp=sent.submission.timestamp,
                odd=sent.submission.odd,
                companions=tuple(self._submissions.companions(student, sent.submission)),
            )
        )

    def _fingerprint(self, student: str, submission: SubmissionFiles) -> str:
        return self._recipe.fingerprint(submission, self._deadlines.of(student))
