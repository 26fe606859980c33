"""The files of a week's submissions: the submitted and the graded notebooks and what lies beside them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from grader.class_run.submission_files import Refused, SubmissionFiles, pictures, read_submission, ticket
from grader.class_run.unicode_names import TWO_FOLDERS
from grader.deadlines.handed_in import TIMESTAMP, written
from grader.gradebook.graded_file import GradedFile
from grader.gradebook.results import Classroom
from utils.weeks import Week


@dataclass(frozen=True)
class ClassSubmissions:
    """The files of a week's submissions in a course folder."""

    classroom: Classroom
    week: Week
    max_bytes: int
    """The largest notebook that is read."""
    two_spellings: Collection[str] = ()
    """Students with two folders whose names differ only in their Unicode spelling."""

    def read(self, student: str) -> SubmissionFiles:
        """Reads a student's submitted notebook.

        Raises:
            Refused: it is missing, is not a regular file, or is one of two.
        """
        if student in self.two_spellings:
            raise Refused(TWO_FOLDERS)
        path = self.classroom.submitted(self.week, student)
        return read_submission(path, self.classroom.all_submitted, self.max_bytes)

    def graded_file(self, student: str) -> GradedFile:
        """Return the student's graded notebook, which need not exist yet."""
        return self.classroom.graded_file(self.week, student)

    def companions(
        self, student: str, submission: SubmissionFiles | None = None
    ) -> Iterator[tuple[str, bytes]]:
        """Yield the name and content of each file that belongs beside the student's graded notebook.

        Args:
            submission: the student's submission, where it has been read already.
        """
        try:
            timestamp = (submission or self.read(student)).timestamp
        except Refused:
            return  # it was removed after it had been graded
        if timestamp is not None:
            yield TIMESTAMP, written(timestamp).encode()
        folder = self.classroom.submitted(self.week, student).parent
        yield from ticket(folder, self.classroom.all_submitted)
        yield from pictures(folder, self.classroom.all_submitted)
