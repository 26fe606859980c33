"""Parses the names that learning platforms give to files in a download of all submissions.

- Moodle (mod/assign/classes/downloader.php): `Ada Example_100_assignsubmission_file` and the file's name: as
  a folder, with or without an underscore at its end, or as a prefix. Names contain no underscores. The number
  differs between assignments. A group without a number has none.
- Canvas (lib/content_zipper.rb): `exampleada_1234_56789_attention.ipynb`, with `_LATE` before the numbers of
  the user and of the file; anonymous: `anon_a1B2c_56789_attention.ipynb`.
- Blackboard Learn (Assignment File Download): `Week 5_ada_attempt_2026-03-06-17-00-00_attention.ipynb`, in
  the server's time, and a text file without a name after the time, whose first line names the student.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

_MOODLE = re.compile(
    r"(?P<student>[^_]+)(?:_(?P<number>\d+))?_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)
_CANVAS = re.compile(
    r"(?:(?P<student>\w+?)(?:_(?P<late>LATE))?_(?P<user>\d+)|(?P<early>LATE_)?(?P<anonymous>anon_[A-Za-z0-9]+))"
    r"_(?P<sequence>\d+)_(?P<file>.+)",
    re.DOTALL,
)
# The first time in a name is the platform's: the student's own file name may contain another.
_BLACKBOARD = re.compile(
    r"(?P<head>.+?)_[^\W\d_]+_(?P<time>\d{4}(?:-\d{2}){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL
)
_RECEIPT = re.compile(r"\s*[^\W\d_]+:[^\n]*\((?P<student>[^()\n]+)\)\s*$", re.MULTILINE)


EITHER = "Canvas or Blackboard"
"""The platform of a name that fits both formats."""


@dataclass(frozen=True)
class PlatformName:
    """A parsed name from a platform."""

    platform: str
    student: str
    file: str
    """The file as the student named it; empty for a folder."""
    number: str = ""
    """Moodle's number, which distinguishes namesakes within one download."""
    order: tuple[str, int] = ("", 0)
    """Sorts attempts: the time as text, the file's number."""
    time: str = ""
    """2026-03-06-17-00-00, in the platform's time zone."""
    late: bool = False


def read_platform_name(name: str, patterns: Iterable[re.Pattern[str]] = ()) -> PlatformName | None:
    """Parses a file's or folder's name; None if it fits no platform.

    For Blackboard, `student` includes the assignment before it; see `blackboard_students`.

    Args:
        patterns: further patterns, tried first, with the groups `student`, `file` and optionally `time`.
    """
    for pattern in patterns:
        if found := pattern.fullmatch(name):
            groups = found.groupdict()
            time = groups.get("time") or ""
            return PlatformName("pattern", groups["student"], groups.get("file") or "", order=(time, 0))
    if found := _MOODLE.fullmatch(name):
        return PlatformName("Moodle", found["student"], found["file"] or "", number=found["number"] or "")
    blackboard, canvas = _BLACKBOARD.fullmatch(name), _CANVAS.fullmatch(name)
    if blackboard:
        # On Canvas, a student can name a file as Blackboard would name a classmate's.
        platform = EITHER if canvas else "Blackboard"
        time = blackboard["time"]
        return PlatformName(
            platform, blackboard["head"], blackboard["file"] or "", order=(time, 0), time=time
        )
    return _canvas(canvas) if canvas else None


def _canvas(found: re.Match[str]) -> PlatformName:
    student = found["anonymous"] or f"{found['student']}_{found['user']}"
    late = bool(found["early"] or found["late"])
    return PlatformName("Canvas", student, found["file"], order=("", int(found["sequence"])), late=late)


def is_receipt(name: str) -> bool:
    """Returns True for the text file that Blackboard adds to each submission."""
    found = _BLACKBOARD.fullmatch(name)
    return found is not None and found["file"] is None


def receipt_student(text: str) -> str:
    """Returns the user name in the first line of Blackboard's text file, as in `Name: Ada Example (ada)`."""
    found = _RECEIPT.match(text.split("\n", 1)[0])
    return found["student"].strip() if found else ""


def blackboard_students(heads: Iterable[str], receipts: Mapping[str, str]) -> dict[str, str]:
    """Returns the student in each of Blackboard's heads, `assignment_student`; both may contain underscores.

    Args:
        heads: all heads of one download.
        receipts: the user name in Blackboard's text file, by head.
    """
    heads = sorted(set(heads))
    found = {}
    for head in heads:
        receipt = receipts.get(head, "")
        found[head] = receipt if receipt and head.endswith(f"_{receipt}") else head.rpartition("_")[2]
    times = Counter(found.values())
    common = _common_start(heads)
    for head in heads:  # all heads of a download begin with the assignment's name
        if times[found[head]] > 1 and not receipts.get(head):
            found[head] = head[len(common) :]
    return found


def _common_start(heads: list[str]) -> str:
    first, last = heads[0], heads[-1]
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), 0)
    return first[: first.rfind("_", 0, same) + 1]


def with_blackboard_student(
    name: PlatformName, students: Mapping[str, str], receipts: Mapping[str, str]
) -> PlatformName:
    """Returns the name with the student in place of Blackboard's head; other names unchanged.

    A name that also fits Canvas's format is taken for Blackboard's only if there is a text file for it.

    Args:
        students: the student by head, from `blackboard_students`.
        receipts: the user name in Blackboard's text file, by head.
    """
    if not name.time or (name.platform == EITHER and name.student not in receipts):
        return name
    return replace(name, platform="Blackboard", student=students[name.student])
