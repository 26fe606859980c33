"""Makes a class of any size: untouched, half-done, misled, perfect and broken notebooks, all different."""

import shutil
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import nbformat

from grader.build.build import make
from grader.build.install import write
from grader.folders import CONFIG
from grader.tools.demo.sample_class import sample_class, wrong_answers
from grader.tools.nbgrader_commands import nbgrader
from utils.errors import CourseError
from utils.weeks import Week


@dataclass(frozen=True)
class MixedClass:
    """The submissions of a class for one week, which can be handed in to any course folder."""

    week: Week
    files: dict[str, bytes]
    """The submitted notebooks, by student."""

    def hand_in(self, folder: Path, students: list[str]) -> None:
        """Replaces the course folder's submissions by those of these students."""
        submitted = folder / "classroom" / "submitted"
        shutil.rmtree(submitted, ignore_errors=True)
        for student in students:
            place = submitted / student / self.week.folder
            place.mkdir(parents=True)
            (place / f"{self.week.notebook}.ipynb").write_bytes(self.files[student])


def mixed_class(folder: Path, week: Week, n_students: int) -> MixedClass:
    """Returns a class of `n_students` students: the kinds of the sample class, in turn."""
    released, solutions = (
        nbformat.read(folder / step / week.folder / f"{week.notebook}.ipynb", as_version=4)
        for step in ("course", "solutions")
    )
    kinds = sample_class(released, solutions, wrong_answers(week))
    chosen = islice(cycle(kinds.items()), n_students)
    return MixedClass(
        week,
        {f"{kind}-{number:03d}": _unique(content, number) for number, (kind, content) in enumerate(chosen)},
    )


def course_folder(root: Path, folder: Path, week: Week, more_config: str = "") -> Path:
    """Makes a course folder with the week built and in its gradebook.

    Args:
        root: the course to build from.
        folder: the folder to create.
        week: the week to build.
        more_config: lines to append to its nbgrader_config.py.

    Raises:
        CourseError: nbgrader could not make the assignment.
    """
    folder.mkdir(parents=True)
    config = shutil.copy(root / CONFIG, folder)
    write(folder, [make(root, week).moved(root, folder)])
    made = nbgrader(folder, "generate_assignment", week.folder, "--force")
    if not made.ok:
        raise CourseError(f"`{made.command}` failed: {made.reason}")
    Path(config).write_text(Path(config).read_text(encoding="utf-8") + more_config, encoding="utf-8")
    return folder


def _unique(content: bytes, number: int) -> bytes:
    """Returns the same notebook with other bytes, so that no result can be reused for another student."""
    return content + b"\n" * (number + 1)
