"""A class run from beginning to end: plan, send out, take in, write."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout
from traitlets.config import Config

from grader.autograde.seeds import kept_secret
from grader.build.release import load_config
from grader.class_run.fingerprint import TaskRecipe, is_up_to_date
from grader.class_run.options import ClassRunOptions
from grader.class_run.spelling import SECOND, composed_only, one_spelling
from grader.class_run.submission_files import Refused, SubmissionFiles, pictures, read_submission, ticket
from grader.class_run.worker_server import WorkerServer
from grader.class_run.worker_task import from_bytes
from grader.class_run.workers import Failed, Job, Workers, processes, scheduler
from grader.deadlines.handed_in import TIMESTAMP, written
from grader.gradebook.database import OpenGradebook
from grader.gradebook.errors import NotWritten
from grader.gradebook.graded_file import GradedFile
from grader.gradebook.penalties import stale_penalties
from grader.gradebook.queries import Deadlines, Refusal, deadlines_of, known_of, refused_of
from grader.gradebook.recovery import recover
from grader.gradebook.released_week import released_week
from grader.gradebook.results import Classroom, StudentResult
from grader.gradebook.settings import ClassRun
from grader.gradebook.write_queue import Settled, WriteQueue
from grader.gradebook.writer import PendingWrite, Writer
from grader.nbgrader_plugins.late_policy import configured_policy, in_words
from grader.nbgrader_plugins.preprocessor import TrustedExecute, limits_from
from utils.errors import CourseError


class ProgressListener:
    """Is told how a run goes; this one looks away."""

    def begin(self, grade: int, kept: int) -> None:
        """So many are to grade, and so many have not changed."""

    def step(self, name: str) -> None:
        """A step of writing a result has been done; see `write.Step`."""

    def settled(self, student: str, failure: str) -> None:
        """A submission is done; `failure` says why it has no grade, and is empty where it has."""

    def end(self) -> None:
        """The run is over, well or not."""


@dataclass(frozen=True)
class ClassRunResult:
    """What came of a class run."""

    results: tuple[StudentResult, ...]
    """Everybody's who was asked for, in the students' order."""
    graded: tuple[str, ...]
    """Who was graded in this run."""
    kept: tuple[str, ...]
    """Whose grade still held."""
    failures: Mapping[str, str]
    """Who could not be graded, and why."""


def grade_class(
    root: Path,
    order: ClassRunOptions,
    watch: ProgressListener | None = None,
    server: WorkerServer | None = None,
) -> ClassRunResult:
    """Grades a week's submissions in the course folder `root`.

    A run may end at any moment, by Ctrl-C, kill -9 or a power cut: what was graded is kept, and the next run
    goes on with the rest.

    Args:
        server: what this machine's workers are forked from, where it has been started already.

    Raises:
        CourseError: the week is not built or released, another run is at work, or nothing can be graded.
    """
    watch = watch or ProgressListener()
    config = load_config(root)
    classroom = Classroom(config)
    two_spellings = one_spelling(classroom.all_submitted, order.week.folder)
    students = _students(classroom, order)
    with _alone(classroom.lock), classroom.gradebook() as gradebook:
        try:
            run = _Run(config, classroom, gradebook, order, watch, server, two_spellings)
            run.go(students)
        finally:
            watch.end()
        results = classroom.results(order.week, students, run.failures, gradebook)
        return ClassRunResult(tuple(results), tuple(run.graded), tuple(run.kept), run.failures)


def _students(classroom: Classroom, order: ClassRunOptions) -> list[str]:
    there = composed_only(classroom.students(order.week))
    if not there:
        place = classroom.submitted(order.week, "STUDENT").parent
        raise CourseError(f"Nobody has handed in week {order.week.number}: there is no folder {place}.")
    unknown = [student for student in order.students if student not in there]
    if unknown:
        raise CourseError(
            f"There is no submission of {', '.join(unknown)} for {order.week.folder}; there are those of "
            f"{', '.join(there)}."
        )
    return [student for student in there if student in order.students] if order.students else there


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise CourseError("Another `course grade` is at work on this class: wait for its table.") from None


@dataclass(frozen=True)
class _Sent:
    """What is remembered of a submission while it is being graded."""

    submission: SubmissionFiles
    fingerprint: str


@dataclass
class _Run:
    config: Config
    classroom: Classroom
    gradebook: OpenGradebook
    order: ClassRunOptions
    watch: ProgressListener
    server: WorkerServer | None
    two_spellings: Collection[str] = ()
    """Students with two folders, whose names differ in their Unicode spelling alone."""
    graded: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._settings = ClassRun(config=self.config)
        self._released = released_week(self.gradebook, self.classroom.folders, self.order.week)
        self._late = configured_policy(self.config)
        self._recipe = self._make_recipe()
        self._writer = Writer(self.gradebook, self._released, self._late, self.watch.step)
        self._backlog = WriteQueue(self._writer.write)
        self._sent: dict[str, _Sent] = {}
        self._deadlines = Deadlines(None, {})

    def _make_recipe(self) -> TaskRecipe:
        execute = TrustedExecute(config=self.config)
        try:
            secret = kept_secret(Path(execute.secret_file))
        except OSError as error:
            raise CourseError(f"The secret of the hidden cases cannot be had: {error}.") from None
        return TaskRecipe(
            released=self._released,
            secret=secret,
            late_policy=in_words(self._late),
            limits=limits_from(execute.limits),
            required=() if self.order.trusted else tuple(execute.required),
            executor=self._settings.executor,
        )

    def go(self, students: list[str]) -> None:
        """Grades whom it must.

        Raises:
            CourseError: nothing can be graded.
        """
        if self.server:
            self.server.load(self._recipe.task(b""), self._processes(len(students)))
        to_grade = self._plan(students)
        self._renew_penalties()
        self.watch.begin(len(to_grade) + len(self.failures), len(self.kept))
        for student, failure in self.failures.items():
            self.watch.settled(student, failure)
        if to_grade:
            with self._workers(len(to_grade)) as workers:
                self._grade(workers, to_grade)

    def _plan(self, students: list[str]) -> list[str]:
        files = {student: self._file(student) for student in students}
        with self.gradebook.reading() as session:
            known = known_of(session, self.order.week.folder)
            refused = refused_of(session, self.order.week.folder)
            self._deadlines = deadlines_of(session, self.order.week.folder)
        recover(files, known, self._companions)
        to_grade = []
        for student in students:
            try:
                fingerprint = self._fingerprint(student, self._read(student))
            except Refused as why:
                self._note(student, str(why))
                continue
            if not self.order.force and is_up_to_date(student, fingerprint, known, files[student].current()):
                self._keep(student, refused)
            elif not self.order.force and student in refused and refused[student].fingerprint == fingerprint:
                self.failures[student] = refused[student].reason
            else:
                to_grade.append(student)
        return to_grade

    def _keep(self, student: str, refused: Mapping[str, Refusal]) -> None:
        self.kept.append(student)
        if student in refused:  # what is there again is what was graded before
            with suppress(NotWritten):
                self._writer.forgive(student)

    def _renew_penalties(self) -> None:
        with self.gradebook.reading() as session:
            stale = stale_penalties(session, self.order.week, self.kept, self._late)
        for student in stale:
            try:
                self._writer.renew_penalty(student)
            except NotWritten as why:
                self.kept.remove(student)
                self.failures[student] = f"its penalty for lateness could not be made anew: {why}"

    def _workers(self, submissions: int) -> AbstractContextManager[Workers]:
        settings = self._settings
        address = self.order.scheduler or ("" if self.order.workers else settings.scheduler)
        if address:
            return scheduler(address, settings.worker_wait)
        number = self._processes(submissions)
        return processes(number, settings.tries, self._recipe.task(b""), self.server)

    def _processes(self, submissions: int) -> int:
        return self._settings.processes(self.order.workers, submissions)

    def _grade(self, workers: Workers, students: list[str]) -> None:
        with closing(workers.grade(self._jobs(students))) as answers:
            for student, answer in answers:
                self._take(student, answer)
        self._settle_all(self._backlog.end())

    def _jobs(self, students: list[str]) -> Iterator[Job]:
        for student in students:
            try:
                # Read anew: with hundreds in a class, not all of them are kept in memory.
                submission = self._read(student)
            except Refused as why:
                self._fail(student, str(why))
                continue
            self._sent[student] = _Sent(submission, self._fingerprint(student, submission))
            yield Job(student, self._recipe.task(submission.content))

    def _take(self, student: str, answer: bytes | Failed) -> None:
        sent = self._sent.pop(student, None)
        if isinstance(answer, Failed):
            self._fail(student, answer.reason)
            return
        came = from_bytes(answer)
        if came.stop:
            raise CourseError(came.stop)
        if came.failure:
            self._fail(student, came.failure)
            return
        if came.graded.problem:
            self._fail(student, came.graded.problem, sent.fingerprint)
            return
        result = PendingWrite(
            student=student,
            graded=came.graded,
            fingerprint=sent.fingerprint,
            file=self._file(student),
            timestamp=sent.submission.timestamp,
            odd=sent.submission.odd,
            companions=tuple(self._companions(student, sent.submission)),
        )
        self._settle_all(self._backlog.take(result))

    def _settle_all(self, settled: Iterator[Settled]) -> None:
        for student, failure in settled:
            if failure:
                self.failures[student] = failure
            else:
                self.graded.append(student)
            self.watch.settled(student, failure)

    def _fail(self, student: str, reason: str, fingerprint: str = "") -> None:
        self._note(student, reason, fingerprint)
        self.watch.settled(student, reason)

    def _note(self, student: str, reason: str, fingerprint: str = "") -> None:
        self.failures[student] = reason
        # The table at the end says it, also where it cannot be noted down: a name may not even be text.
        with suppress(NotWritten, UnicodeEncodeError):
            self._writer.refuse(student, reason, fingerprint)

    def _read(self, student: str) -> SubmissionFiles:
        if student in self.two_spellings:
            raise Refused(SECOND)
        path = self.classroom.submitted(self.order.week, student)
        return read_submission(path, self.classroom.all_submitted, self._recipe.limits.submission_bytes)

    def _fingerprint(self, student: str, submission: SubmissionFiles) -> str:
        return self._recipe.fingerprint(submission, self._deadlines.of(student))

    def _file(self, student: str) -> GradedFile:
        return self.classroom.graded_file(self.order.week, student)

    def _companions(
        self, student: str, submission: SubmissionFiles | None = None
    ) -> Iterator[tuple[str, bytes]]:
        try:
            timestamp = (submission or self._read(student)).timestamp
        except Refused:
            return  # it has been taken away since it was graded
        if timestamp is not None:
            yield TIMESTAMP, written(timestamp).encode()
        folder = self.classroom.submitted(self.order.week, student).parent
        yield from ticket(folder, self.classroom.all_submitted)
        yield from pictures(folder, self.classroom.all_submitted)
