"""From the text sources to the notebooks and parts that students open, without writing any of it."""

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
from utils.errors import CourseError
from utils.notebook.cells import grade_id, is_kind, is_written_answer, tags
from utils.weeks import Week

PARTS = "parts.py"
RELEASES = "utils/notebook/releases"
"""Where `course check` finds the released notebooks."""


@dataclass(frozen=True)
class Built:
    """What one week's source gives."""

    source: Source
    solutions: Mapping[Path, bytes]
    """Not tracked: the notebook with its solutions, and parts.py, which nbgrader starts from."""
    course: Mapping[Path, bytes]
    """Tracked: what students open."""
    releases: Mapping[Path, bytes] = field(default_factory=dict)
    """Tracked: the student notebook once more, for `course check` to compare a student's own with."""

    @property
    def tracked(self) -> dict[Path, bytes]:
        """The files that git tracks, by their full path."""
        return {**self.course, **self.releases}

    @property
    def files(self) -> dict[Path, bytes]:
        """All files by their full path."""
        return {**self.solutions, **self.tracked}

    def moved(self, root: Path, folder: Path) -> "Built":
        """The same files, in another course folder, which has no `utils` of its own."""
        solutions, course = (
            {folder / path.relative_to(root): content for path, content in files.items()}
            for files in (self.solutions, self.course)
        )
        return Built(self.source, solutions, course)


def make(root: Path, week: Week) -> Built:
    """Makes everything that a week's source gives, without writing any of it into `root`.

    Raises:
        CourseError: the source, or one of an earlier week, is missing or breaks the contract.
    """
    return _make(root, week, functools.partial(_checked, root))


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
    if not folder.is_dir():  # a folder with a course but not its tools
        return {}
    return {folder / f"{week.folder}.ipynb": released[f"{week.notebook}.ipynb"]}


def make_all(root: Path, weeks: Iterable[Week] | None = None) -> list[Built]:
    """Makes the given weeks, by default every week that has a source.

    Raises:
        CourseError: see `make`; or there is no source at all.
    """
    chosen = weeks_with_source(root) if weeks is None else list(weeks)
    if not chosen:
        raise CourseError(
            f"{shown(root / 'solutions', root)}/ holds no source of any week, so there is nothing to build. "
            "Students need no build: open course/ in JupyterLab."
        )
    read_once = functools.cache(functools.partial(_checked, root))  # a week is an earlier one of many
    return [_make(root, week, read_once) for week in chosen]


def _checked(root: Path, week: Week) -> Source:
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
    notebook = copy.deepcopy(source)  # which goes into other weeks' parts as it was read
    for cell in notebook.cells:
        if grade_id(cell) and not is_written_answer(cell):
            # nbgrader's own checksum, so that a later build sees whether somebody has edited this file. On a
            # written answer it would say that nothing has been written yet.
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    nbformat.validate(notebook)
    return (nbformat.writes(notebook) + "\n").encode()


def summary(built: Built) -> str:
    """One line on a week: cells, exercises, points."""
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
