"""Unpacks the downloads of learning platforms for `nbgrader zip_collect`.

nbgrader's own plugins unpack nested archives without limits of depth or size, derive students' names from
paths that students choose, and stop for the whole class at a damaged archive or a second submission.
"""

import filecmp
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbgrader.plugins.zipcollect import ExtractorPlugin, FileNameCollectorPlugin
from nbgrader.utils import find_all_notebooks
from traitlets import Int, List, TraitError, Unicode, validate

from grader.collection.candidates import WeekNotebooks
from grader.collection.extraction import Bounds
from grader.collection.gather import Chosen, gather
from grader.collection.names import BadName, student_name
from grader.deadlines.handed_in import read_time, time_of_folder
from utils.printable import printable
from utils.weeks import WEEKS


class SubmissionExtractor(ExtractorPlugin):
    """Extracts one notebook of the week for each student, and logs what it leaves out.

    A broken download is logged and does not stop the others. The only folders created are named after
    students, directly in the target folder.
    """

    most_bytes = Int(256 * 2**20, help="Bytes that are unpacked for one student.").tag(config=True)
    most_bytes_of_class = Int(4 * 2**30, help="Bytes that are unpacked of one download.").tag(config=True)
    most_bytes_of_notebook = Int(32 * 2**20, help="Bytes that one notebook may have.").tag(config=True)
    most_files = Int(100_000, help="How many files one archive may list.").tag(config=True)
    deepest = Int(2, help="How often there may be an archive in an archive, of one student's.").tag(
        config=True
    )
    patterns = List(
        Unicode(),
        help="Names of a platform of yours: regular expressions for a whole name of a file or folder, with "
        "the groups student, file and perhaps time, of which the largest counts.",
    ).tag(config=True)
    platform_zone = Unicode(
        "", help="The time zone in which the platform writes times into names: UTC, Europe/Paris."
    ).tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.times: dict[str, datetime] = {}
        """Students' times of submission, where the platform gives them and its time zone is known."""

    @validate("patterns")
    def _valid_patterns(self, proposal: dict) -> list[str]:
        for pattern in proposal["value"]:
            if not {"student", "file"} <= set(re.compile(pattern).groupindex):
                raise TraitError(f"{pattern!r} must have the groups (?P<student>…) and (?P<file>…)")
        return proposal["value"]

    @validate("platform_zone")
    def _valid_zone(self, proposal: dict) -> str:
        if proposal["value"]:
            try:
                read_time(f"2026-03-07 19:00 {proposal['value']}")
            except ValueError:
                raise TraitError(f"there is no time zone {proposal['value']!r}") from None
        return proposal["value"]

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Extracts the notebooks in `archive_path` into a folder for each student in `extracted_path`."""
        top = Path(extracted_path)
        top.mkdir(parents=True, exist_ok=True)
        bounds = Bounds(
            student_bytes=self.most_bytes,
            class_bytes=self.most_bytes_of_class,
            notebook_bytes=self.most_bytes_of_notebook,
            files=self.most_files,
            depth=self.deepest,
        )
        patterns = [re.compile(pattern) for pattern in self.patterns]
        with TemporaryDirectory(prefix="course-collect-") as scratch:
            gathered = gather(Path(archive_path), Path(scratch), self._week(), bounds, patterns)
            for chosen in gathered.chosen:
                self._put(chosen, top)
        for sentence in gathered.left_out:
            self.log.warning("%s", printable(sentence))
        self._warn_of_look_alikes([chosen.claim.student for chosen in gathered.chosen])
        students = len({chosen.claim.student for chosen in gathered.chosen})
        self.log.info("Notebooks of %d students were found.", students)

    def _week(self) -> WeekNotebooks:
        """Return the notebooks' names of the assignment that is collected."""
        folders = getattr(self.parent, "coursedir", None)
        week = getattr(folders, "assignment_id", "")
        of_weeks = {each.folder: each.notebook for each in WEEKS}
        names = {of_weeks[week]} if week in of_weeks else set()
        if folders is not None and week:
            released = folders.format_path(folders.release_directory, ".", week)
            names |= {Path(name).stem for name in find_all_notebooks(released)}
        return WeekNotebooks(frozenset(names) or None, frozenset(of_weeks.values()) - names)

    def _put(self, chosen: Chosen, top: Path) -> None:
        """Copies a notebook into the student's folder. Nothing else writes there."""
        claim = chosen.claim
        folder = top / claim.student
        file = folder / f"{claim.notebook}.ipynb"
        if not _is_within(folder, top) or not _is_plain(claim.notebook):
            self.log.error("%s is left out: it would not lie in a student's folder.", printable(claim.where))
            return
        try:
            folder.mkdir(exist_ok=True)
            if file.exists() and not self.force:
                self.log.warning("%s is left out: there is one already.", printable(claim.where))
                return
            shutil.copyfile(claim.file, file)
        except OSError as error:
            self.log.error("%s is left out: %s.", printable(claim.where), error.strerror or error)
            return
        self._log_choice(chosen)
        if claim.time:
            self._note_time(claim.student, claim.time)

    def _log_choice(self, chosen: Chosen) -> None:
        claim = chosen.claim
        student = printable(claim.student)
        self.log.info("%s: %s.ipynb is %s", student, claim.notebook, printable(claim.where))
        for remark in claim.remarks:
            self.log.warning("%s: %s", student, printable(remark))
        if chosen.left:
            others = ", ".join(each.where for each in chosen.left)
            self.log.warning(
                "%s: of %d files %s counts, not %s.",
                student, len(chosen.left) + 1, printable(claim.where), printable(others),
            )  # fmt: skip

    def _note_time(self, student: str, time: str) -> None:
        date, clock = time[:10], time[11:].replace("-", ":")
        if not self.platform_zone:
            self.log.warning(
                "%s: handed in at %s %s, in a zone that the name does not tell: set "
                "c.SubmissionExtractor.platform_zone, or it is never late.",
                printable(student), date, clock,
            )  # fmt: skip
            return
        try:
            self.times[student] = read_time(f"{date} {clock} {self.platform_zone}")
        except ValueError:
            self.log.warning("%s: %s %s is no time.", printable(student), date, clock)

    def _warn_of_look_alikes(self, students: Sequence[str]) -> None:
        seen: dict[str, str] = {}
        for student in sorted(set(students)):
            other = seen.setdefault(student.casefold(), student)
            if other != student:
                self.log.warning(
                    "%s and %s differ in capitals alone and are two students: rename one if they are not.",
                    printable(other), printable(student),
                )  # fmt: skip


class StudentFolders(FileNameCollectorPlugin):
    """Collects the files that SubmissionExtractor has put into students' folders: student/notebook.ipynb."""

    def collect(self, submitted_file: str) -> dict | None:
        """Return the student, notebook and time of a file; None for one that is not to be collected."""
        path = Path(submitted_file)
        if path.suffix not in self.valid_ext:
            return None
        student = path.parent.name
        submitted = self._submitted(student)
        if submitted is not None and not getattr(self.parent, "force", False) and _holds_files(submitted):
            self.log.warning(
                "%s has a submission already, which stays: add --force to replace it.", printable(student)
            )
            return None
        return {
            "student_id": student, "file_id": path.stem, "timestamp": self._time(student, path, submitted),
        }  # fmt: skip

    def _submitted(self, student: str) -> Path | None:
        folders = getattr(self.parent, "coursedir", None)
        if folders is None:
            return None
        return Path(folders.format_path(folders.submitted_directory, student, folders.assignment_id))

    def _time(self, student: str, path: Path, submitted: Path | None) -> datetime | None:
        """Return the platform's time, or that of an identical notebook submitted before, in UTC."""
        extractor = getattr(self.parent, "extractor_plugin_inst", None)
        time = getattr(extractor, "times", {}).get(student)
        if time is None and submitted is not None:
            time = self._former_time(path, submitted)
        return None if time is None else time.replace(tzinfo=UTC)

    def _former_time(self, path: Path, submitted: Path) -> datetime | None:
        time, _ = time_of_folder(submitted)
        before = submitted / path.name
        if time is None or not before.is_file():
            return None
        if filecmp.cmp(path, before, shallow=False):
            return time
        self.log.warning(
            "%s: its timestamp.txt was of another file and is gone: write it again.",
            printable(submitted.parent.name),
        )
        return None


def _is_within(folder: Path, top: Path) -> bool:
    """True if a student's folder is directly in `top`, also after links are followed."""
    resolved = folder.resolve()
    return folder.parent == top and resolved.parent == top.resolve() and not folder.is_symlink()


def _is_plain(notebook: str) -> bool:
    """True if a notebook's name is safe as a file name. If the week is unknown, a student has chosen it."""
    try:
        return student_name(notebook) == notebook
    except BadName:
        return False


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
