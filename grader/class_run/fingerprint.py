"""The fingerprint of everything that a grade depends on: a submission is graded again when it has changed."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from grader.autograde.seeds import hidden_seed, kept_secret
from grader.autograde.task import GradingTask, Protection
from grader.class_run.code_version import grader_version
from grader.class_run.submission_files import SubmissionFiles
from grader.class_run.worker_task import to_bytes
from grader.gradebook.graded_file import digest
from grader.gradebook.queries import Known
from grader.gradebook.released_week import ReleasedWeek
from grader.gradebook.settings import ClassRun
from grader.nbgrader_plugins.late_policy import in_words
from grader.nbgrader_plugins.preprocessor import TrustedExecute, limits_from
from grader.sandbox.limits import Limits


@dataclass(frozen=True)
class TaskRecipe:
    """Everything that a grade depends on besides the submission itself."""

    released: ReleasedWeek
    secret: str
    late_policy: str
    """The policy for late submissions; see `grader.nbgrader_plugins.late_policy.in_words`."""
    limits: Limits
    required: tuple[Protection, ...]
    executor: str

    def task(self, content: bytes) -> bytes:
        """Return the task that a worker gets to grade a submitted notebook."""
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
        """Return a digest of everything that can change the grade: the submission, its time and the deadline,
        the week as released, the hidden cases, the limits and the grader itself.
        """
        week = self.released.week.folder
        inputs = {
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
        return digest(json.dumps(inputs, sort_keys=True).encode())


def configured_recipe(
    config: Config, released: ReleasedWeek, late_policy: AssignLatePenalties, trusted: bool = False
) -> TaskRecipe:
    """Return the recipe for a released week with the limits and the executor that nbgrader_config.py sets.

    Args:
        config: nbgrader's configuration.
        released: the week.
        late_policy: the policy for late submissions.
        trusted: True to grade also where no sandbox protects this machine.

    Raises:
        OSError: the secret of the hidden cases can neither be read nor made.
        CourseError: the configuration sets an unknown limit or an invalid one.
    """
    execute = TrustedExecute(config=config)
    return TaskRecipe(
        released=released,
        secret=kept_secret(Path(execute.secret_file)),
        late_policy=in_words(late_policy),
        limits=limits_from(execute.limits),
        required=() if trusted else tuple(execute.required),
        executor=ClassRun(config=config).executor,
    )


def is_up_to_date(student: str, fingerprint: str, known: Mapping[str, Known], file: str) -> bool:
    """True if a student's grade has this fingerprint and its graded notebook the digest `file`."""
    former = known.get(student)
    return former is not None and (former.fingerprint, former.file) == (fingerprint, file)


def _iso(timestamp: datetime | None) -> str:
    return "" if timestamp is None else timestamp.isoformat()
