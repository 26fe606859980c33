"""Builds notebooks and parts from the weeks' text sources, in memory: `install` writes them."""

import copy
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from grader.build.parts import write_parts
from grader.build.release import student_version
from grader.build.source import Source, read_source, weeks_with_source
from grader.build.validate import validate_source
from grader.folders import shown
from grader.notebook.cells import grade_id, is_kind, is_written_answer, tags
from utils.errors import CourseError
from utils.weeks import Week

PARTS = "parts.py"
RELEASES = "utils/notebook/releases"
"""The folder of the released notebooks for `course check`."""


@dataclass(frozen=True)
class Built:
    """The files built from one week's source."""

    source: Source
    solutions: Mapping[Path, bytes]
    """Not tracked: the notebook with its solutions, and parts.py; nbgrader's source folder."""
    course: Mapping[Path, bytes]
    """Tracked: the files that students open."""
    releases: Mapping[Path, bytes] = field(default_factory=dict)
    """Tracked: a second copy of the student notebook, to which `course check` compares a student's."""

    @property
    def tracked(self) -> dict[Path, bytes]:
        """The files that git tracks, by full path."""
        return {**self.course, **self.releases}

    @property
    def files(self) -> dict[Path, bytes]:
        """All files by full path."""
        return {**self.solutions, **self.tracked}

    def moved(self, root: Path, folder: Path) -> "Built":
        """Returns the same files for another course folder, without releases: it has no `utils`."""
        solutions, course = (
            {folder / path.relative_to(root): content for path, content in files.items()}
            for files in (self.solutions, self.course)
        )
        return Built(self.source, solutions, course)


def make(root: Path, week: Week) -> Built:
    """Builds all files of one week, without writing any into `root`.

    Raises:
        CourseError: the source, or an earlier week's, is missing or invalid.
    """
    return _make(root, week, functools.partial(_read_valid, root))


def _make(root: Path, week: Week, read: Callable[[Week], Source]) -> Built:
    source = read(week)
    if source.parts_only:
        return Built(source, {}, {})
    earlier = [read(each) for each in weeks_with_source(root) if each.number < week.number]
    files = _source_folder(source, earlier)
    released = student_version(root, week, files)
    return Built(
        source,
        {root / "solutions" / week.folder / name: content for name, content in files.items()},
        {root / "course" / week.folder / name: content for name, content in released.items()},
        _releases(root, week, released),
    )


def _releases(root: Path, week: Week, released: Mapping[str, bytes]) -> dict[Path, bytes]:
    folder = root / RELEASES
    if not folder.is_dir():  # a course folder without the `utils` package
        return {}
    return {folder / f"{week.folder}.ipynb": released[f"{week.notebook}.ipynb"]}


def make_all(root: Path, weeks: Iterable[Week] | None = None) -> list[Built]:
    """Builds the given weeks, by default every week that has a source.

    Raises:
        CourseError: as for `make`, or no week has a source.
    """
    chosen = weeks_with_source(root) if weeks is None else list(weeks)
    if not chosen:
        raise CourseError(
            f"{shown(root / 'solutions', root)}/ holds no source of any week, so there is nothing to build. "
            "Students need no build: open course/ in JupyterLab."
        )
    # A week's parts come from all earlier weeks: without the cache, reading would be quadratic in the weeks.
    read_once = functools.cache(functools.partial(_read_valid, root))
    return [_make(root, week, read_once) for week in chosen]


def _read_valid(root: Path, week: Week) -> Source:
    source = read_source(root, week)
    validate_source(source)
    return source


def _source_folder(source: Source, earlier: list[Source]) -> dict[str, bytes]:
    files = {f"{source.week.notebook}.ipynb": _serialise(source.notebook)}
    parts = write_parts(source.week, earlier)
    if parts is not None:
        files[PARTS] = parts.encode()
    return files


def _serialise(source: NotebookNode) -> bytes:
    notebook = copy.deepcopy(source)  # the cached source also provides the parts of later weeks
    for cell in notebook.cells:
        if grade_id(cell) and not is_written_answer(cell):
            # nbgrader's checksum lets a later build detect edits of this file. Written answers get none:
            # nbgrader takes an answer with an unchanged checksum for missing.
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    nbformat.validate(notebook)
    return (nbformat.writes(notebook) + "\n").encode()


def summary(built: Built) -> str:
    """Returns one line on a week: its cells, checks and points."""
    source = built.source
    if source.parts_only:
        return "parts for later weeks only, no notebook yet"
    cells = source.notebook.cells
    checks = [cell for cell in cells if is_kind(cell, "check")]
    core = _points(cell for cell in checks if "core" in tags(cell))
    stretch = _points(cell for cell in checks if "stretch" in tags(cell))
    written = _points(cell for cell in cells if is_written_answer(cell))
    return (
        f"{len(cells)} cells, {len(checks)} checks; points: {core} core, {stretch} stretch, {written} written"
    )


def _points(cells: Iterable[NotebookNode]) -> int:
    return sum(cell.metadata.nbgrader.points for cell in cells)
