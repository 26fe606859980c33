"""Who needs grading: whose grade rests on anything that is not as it was."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from grader.autograde.seeds import hidden_seed
from grader.autograde.task import GradingTask, Protection
from grader.class_run.code_version import grader_version
from grader.class_run.submission_files import SubmissionFiles
from grader.class_run.worker_task import to_bytes
from grader.gradebook.graded_file import digest
from grader.gradebook.queries import Known
from grader.gradebook.released_week import ReleasedWeek
from grader.sandbox.limits import Limits


@dataclass(frozen=True)
class TaskRecipe:
    """All that a grade rests on beside the submission itself."""

    released: ReleasedWeek
    secret: str
    late_policy: str
    """What a late submission costs; see `grader.nbgrader_plugins.late_policy.in_words`."""
    limits: Limits
    required: tuple[Protection, ...]
    executor: str

    def task(self, content: bytes) -> bytes:
        """What a worker gets to grade a submission."""
        week = self.released.week.folder
        task = GradingTask(
            week=week,
            source=self.released.source,
            submission=content,
            seed=hidden_seed(self.secret, week, content),
            parts=self.released.parts,
            limits=self.limits,
            required=self.required,
        )
        return to_bytes(task, self.executor)

    def fingerprint(self, submission: SubmissionFiles, due: datetime | None) -> str:
        """Changes with all that can change the grade: the submission, its time and the deadline, the week as
        released, the hidden cases, the limits and the grader itself."""
        week = self.released.week.folder
        rests_on = {
            "submission": digest(submission.content),
            "timestamp": _iso(submission.timestamp),
            "due": _iso(due),
            "late": self.late_policy,
            "source": digest(self.released.source),
            "parts": digest(self.released.parts),
            "seed": hidden_seed(self.secret, week, submission.content),
            "limits": asdict(self.limits),
            "executor": self.executor,
            "grader": grader_version(week),
        }
        return digest(json.dumps(rests_on, sort_keys=True).encode())


def is_up_to_date(student: str, fingerprint: str, known: Mapping[str, Known], file: str) -> bool:
    """Whether a student's grade still holds: it rests on the same, and the graded notebook is there."""
    former = known.get(student)
    return former is not None and (former.fingerprint, former.file) == (fingerprint, file)


def _iso(timestamp: datetime | None) -> str:
    return "" if timestamp is None else timestamp.isoformat()
