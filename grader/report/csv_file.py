"""The grades as a CSV file for spreadsheets, safe from formulas in names (CSV injection)."""

import contextlib
import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from grader.gradebook.results import StudentResult
from grader.notebook.exercises import Exercise
from grader.report.figures import delegation
from utils.errors import CourseError
from utils.self_check.result import Kind

KINDS: tuple[Kind, ...] = ("core", "stretch", "written")
FIRST = "student"
"""The first column's name, by which an earlier file of ours is recognised."""
_SUMS = ("penalty", "total", "submitted", "hours late")
_REMARKS = ("mistakes", "ready-made", "odd", "not graded", "stale")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Characters that begin a formula; Excel accepts the full-width forms, too."""
_AFTER_DELIMITER = re.compile(rf"(?<=[^\s;])([;\t\r\n]\s*)([{re.escape(''.join(_FORMULA))}])")
"""A formula after a character that spreadsheets in some locales take for a delimiter."""


def csv_text(exercises: Sequence[Exercise], results: Sequence[StudentResult]) -> str:
    """Return the table, one row for each student: points, lateness, points by exercise, and remarks."""
    out = io.StringIO(newline="")
    table = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    names = [exercise.name for exercise in exercises]
    table.writerow([FIRST, *KINDS, *_SUMS, *map(safe, names), *_REMARKS])
    for result in results:
        table.writerow(_row(names, result))
    return out.getvalue()


def write_csv(path: Path, text: str) -> None:
    """Writes the file atomically. It replaces only an earlier file of ours.

    Raises:
        CourseError: another file is there, or it cannot be written.
    """
    _refuse_others(path)
    replace_file(path, text)


def replace_file(path: Path, text: str) -> None:
    """Writes a file atomically, readable only by its owner.

    Raises:
        CourseError: it cannot be written.
    """
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:100]}-", delete=False) as file:
            try:
                # Excel recognises UTF-8 by the byte order mark.
                file.write(text.encode("utf-8-sig", errors="replace"))
                file.flush()
                Path(file.name).chmod(0o600)  # grades are private
                Path(file.name).replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(file.name).unlink()
                raise
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror or error}.") from None


def safe(text: str) -> str:
    """Return the text with a quote before anything that a spreadsheet would take for a formula."""
    text = _AFTER_DELIMITER.sub(r"\1'\2", text)
    is_formula = text.startswith(("\t", "\r", "\n")) or text.lstrip("; \t\r\n\u3000").startswith(_FORMULA)
    return f"'{text}" if is_formula else text


def _row(names: Sequence[str], result: StudentResult) -> list[str | float]:
    points = {row.exercise: row.points for row in result.rows}
    remarks = [
        "; ".join(f"{exercise}: {mistake}" for exercise, mistake in result.mistakes.items()),
        "; ".join(f"{each.place}: {each.what}" for each in delegation([result])),
        "; ".join(result.odd),
        result.problem,
        "stale" if result.stale else "",
    ]
    submitted = "" if result.timestamp is None else f"{result.timestamp:%Y-%m-%d %H:%M:%S}"
    return [
        safe(result.student),
        *_sums(result),
        submitted,
        round(result.seconds_late / 3600, 2) if result.rows else "",
        *(points.get(name, "") for name in names),
        *map(safe, remarks),
    ]


def _sums(result: StudentResult) -> list[float | str]:
    if not result.rows:
        return [""] * (len(KINDS) + 2)
    kinds = [result.points(kind) for kind in KINDS]
    return [*kinds, result.penalty, max(0.0, sum(kinds) - result.penalty)]


def _refuse_others(path: Path) -> None:
    if not path.exists() and not path.is_symlink():
        return
    try:
        with path.open(encoding="utf-8-sig") as file:
            start = file.read(len(FIRST) + 3) if path.is_file() else ""
            ours = start.startswith((f"{FIRST},", f'"{FIRST}",'))
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        raise CourseError(f"{path} is there already and is no table of grades: name another file.")
