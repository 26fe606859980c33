"""The preprocessor with which `nbgrader autograde` and formgrader call the executor."""

import os
import stat
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, List, Unicode

from grader.autograde.seeds import hidden_seed, kept_secret
from grader.autograde.task import PROTECTIONS, GradedSubmission, GradingTask
from grader.sandbox.limits import Limits, checked, limit_problem
from utils.errors import CourseError


class NotGraded(CourseError):
    """A submission that cannot be graded; the message gives the reason."""


class TrustedExecute(NbGraderPreprocessor):
    """Replaces nbgrader's Execute: runs the submission in the sandbox and has it judged.

    Of what nbgrader passes, only the names are used: the submitted file is read unchanged, and the notebook
    to run is made from the gradebook's source cells.
    """

    secret_file = Unicode("", help="The file with the secret of the hidden cases.").tag(config=True)
    limits = Dict({}, help="Limits, by their names in grader/sandbox/limits.py.").tag(config=True)
    required = List(
        list(PROTECTIONS), help="What the sandbox must protect. Empty: you trust every submission."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Grades the submission and returns the graded notebook.

        Raises:
            NotGraded: the submitted file cannot be read, or is not a regular file.
            CourseError: the grader cannot work; see `grade_submission`.
        """
        from grader.autograde.grade import grade_submission  # imports PyTorch, which takes seconds

        graded = grade_submission(self.task(resources["nbgrader"]))
        self._log_remarks(graded, resources["nbgrader"]["student"])
        if graded.problem:
            raise NotGraded(graded.problem)
        return nbformat.from_dict(graded.notebook), resources

    def task(self, names: dict[str, str]) -> GradingTask:
        """Return the grading task, read from nbgrader's folders and its gradebook.

        Raises:
            CourseError: a file or the gradebook's entry is missing.
        """
        folders = CourseDirectory(parent=self)
        week, file = names["assignment"], f"{names['notebook']}.ipynb"
        limits = limits_from(self.limits)
        submission = _read_regular_file(
            self._folder(folders, "submitted", names) / file, limits.submission_bytes
        )
        return GradingTask(
            week=week,
            source=self._source(folders, names),
            submission=submission,
            seed=hidden_seed(kept_secret(Path(self.secret_file)), week, submission),
            parts=_optional(self._folder(folders, "source", names) / "parts.py"),
            limits=limits,
            required=tuple(self.required),
        )

    def _source(self, folders: CourseDirectory, names: dict[str, str]) -> bytes:
        from grader.autograde.gradebook_source import gradebook_source

        released = self._folder(folders, "release", names) / f"{names['notebook']}.ipynb"
        with Gradebook(names["db_url"]) as gradebook:
            return gradebook_source(gradebook, names["assignment"], names["notebook"], released)

    def _folder(self, folders: CourseDirectory, step: str, names: dict[str, str]) -> Path:
        student = names["student"] if step == "submitted" else "."
        return Path(folders.format_path(getattr(folders, f"{step}_directory"), student, names["assignment"]))

    def _log_remarks(self, graded: GradedSubmission, student: str) -> None:
        self.log.info("Layers in force: %s", ", ".join(graded.layers) or "none")
        for odd in graded.odd:
            self.log.warning("%s: %s", student, odd)
        for sign in graded.signs:
            where = f"{sign.cell}, line {sign.line}" if sign.line else sign.cell
            self.log.warning("%s: %s %s", student, where, sign.what)


def limits_from(settings: dict[str, float]) -> Limits:
    """Return the limits that the configuration sets.

    Raises:
        CourseError: the configuration sets an unknown limit or an invalid one.
    """
    for name, value in settings.items():
        if problem := limit_problem(name, value):
            raise CourseError(f"c.TrustedExecute.limits: {problem}")
    valid: dict[str, Any] = {name: checked(name, value) for name, value in settings.items()}  # int or float
    return Limits(**valid)


def _read_regular_file(path: Path, max_bytes: int) -> bytes:
    """Return the file's content, cut after `max_bytes + 1` bytes: the executor then refuses it as too large.

    A link is not followed: it could lead to another student's notebook.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        kind = "is a link" if path.is_symlink() else f"cannot be read ({error.strerror})"
        raise NotGraded(f"{path.name} {kind}: ask for the notebook itself.") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotGraded(f"{path.name} is no file: ask for the notebook itself.")
        return file.read(max_bytes + 1)


def _optional(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
