"""A course folder of a test's own in which an instructor's term takes place, and the people in it."""

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
from build.small_course import replace_in
from nbgrader.api import Gradebook
from repository.checkout import CHECKOUT

from grader.build.release import load_config
from grader.gradebook.results import Classroom, StudentResult
from grader.tools.demo.sample_class import fill_in, half_of, right_answers, wrong_answers
from utils.weeks import find_week

WEEK = find_week(5)
EXCHANGED = getpass.getuser()
"""The student who uses the exchange has this machine's user name: nbgrader gives no other."""


@dataclass(frozen=True)
class Done:
    """What came of one command."""

    code: int
    printed: str


@dataclass(frozen=True)
class Term:
    """The instructor's copy of the course, and a folder beside it that is a student's."""

    folder: Path
    student: Path
    environment: dict[str, str] = field(default_factory=dict)
    """More variables of the instructor's shell."""

    @classmethod
    def begin(cls, place: Path) -> "Term":
        """Copies what a clone would have of the work as it stands."""
        term = cls(place / "course", place / "student")
        for path in _files_of_a_clone():
            (term.folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / path, term.folder / path)
        # nbgrader looks for code in its own folder first, and the sandbox shows submissions only what is
        # installed, which is this checkout: so that is imported before.
        path = term.student / "path"
        path.mkdir(parents=True)
        (path / "sitecustomize.py").write_text("import grader, utils\n")
        return term

    def run(self, command: str, folder: Path | None = None) -> Done:
        """Types a command: in the course folder, with the environment that runs this test active."""
        active = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        own = {
            "PATH": active,
            "PYTHONPATH": str(self.student / "path"),
            "COLUMNS": "200",
            "JUPYTER_CONFIG_DIR": str(self.student / "config"),
            "JUPYTER_DATA_DIR": str(self.student / "data"),
        }
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder or self.folder,
            env={**os.environ, **own, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        return Done(done.returncode, done.stdout)

    @property
    def classroom(self) -> Classroom:
        """Its folders and gradebook."""
        return Classroom(load_config(self.folder))

    def gradebook(self) -> Gradebook:
        """nbgrader's own gradebook, as formgrader opens it."""
        config = load_config(self.folder).CourseDirectory
        return Gradebook(config.db_url, config.course_id)

    def result(self, student: str) -> StudentResult:
        """What a student got for the week."""
        return self.classroom.result(WEEK, student)

    def place(self, name: str) -> Path:
        """A file of the instructor's own."""
        return self.folder / "grader/classroom" / name

    @cached_property
    def solutions(self) -> nbformat.NotebookNode:
        return nbformat.read(self.folder / f"solutions/{WEEK.folder}/attention.ipynb", as_version=4)

    def notebook(self, answers: Mapping[str, str]) -> bytes:
        """The released notebook with these answers."""
        released = nbformat.read(self.folder / f"course/{WEEK.folder}/attention.ipynb", as_version=4)
        return nbformat.writes(fill_in(released, answers)).encode()

    def put_download(self) -> None:
        """Ada handed in a perfect notebook, eve an archive with one full of mistakes."""
        archive = self.place(f"downloaded/{WEEK.folder}/archive")
        archive.mkdir(parents=True)
        right = right_answers(self.solutions)
        (archive / "ada_attention-1.ipynb").write_bytes(self.notebook(right))
        inside = self.student / "eve"
        inside.mkdir()
        (inside / "attention.ipynb").write_bytes(self.notebook({**right, **wrong_answers(WEEK)}))
        shutil.make_archive(str(archive / "eve"), "zip", inside)

    def note_when_ada_handed_in(self) -> None:
        """The platform said so; the second day after the due date."""
        place = self.place(f"submitted/ada/{WEEK.folder}/timestamp.txt")
        place.write_text("2026-03-07 19:00 UTC\n")

    def hand_in_through_the_exchange(self) -> None:
        """Another student fetches the week, does half of it and submits it, as the handbook says."""
        (self.student / "nbgrader_config.py").write_text(
            "c = get_config()\n"
            f"c.Exchange.root = {str(self.place('exchange'))!r}\n"
            'c.CourseDirectory.course_id = "gpt2"\n'
        )
        self.student_does(f"nbgrader fetch_assignment {WEEK.folder}")
        notebook = self.student / WEEK.folder / "attention.ipynb"
        notebook.write_bytes(self.notebook(half_of(self.solutions)))
        self.student_does(f"nbgrader submit {WEEK.folder}")

    def student_does(self, command: str) -> None:
        """A student's command, which must succeed."""
        done = self.run(command, folder=self.student)
        assert done.code == 0, done.printed

    def points(self) -> dict[str, float]:
        """Everybody's core points."""
        return {student: self.result(student).points("core") for student in ("ada", "eve", EXCHANGED)}

    def grade_by_hand(self) -> None:
        """What formgrader's form does with 8 points for ada's written answer."""
        with self.gradebook() as book:
            grade = book.find_grade("own_words", WEEK.notebook, WEEK.folder, "ada")
            grade.manual_score, grade.needs_manual_grade = 8, False
            book.db.commit()

    def set_policy(self) -> None:
        """A tenth off for each day."""
        replace_in(
            self.folder / "nbgrader_config.py",
            "c.LatePolicy.percent_per_day = 0\n",
            "c.LatePolicy.percent_per_day = 10\n",
        )

    def change_points(self) -> None:
        """Two points go from one exercise to another."""
        source = self.folder / f"solutions/{WEEK.folder}/attention.py"
        for check, old, new in (("check_causal_mask", 16, 14), ("check_weighted_values", 10, 12)):
            points = f'"grade_id": "{check}", "locked": true, "points": '
            replace_in(source, f"{points}{old},", f"{points}{new},")
            text = source.read_text(encoding="utf-8")
            before, heading, after = text.partition(f"· `{check.removeprefix('check_')}`")
            after = after.replace(f"core, {old} points*", f"core, {new} points*", 1)
            source.write_text(before + heading + after, encoding="utf-8")


def _files_of_a_clone() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    return [path for path in paths if (CHECKOUT / path).is_file()]
