"""Names that learning platforms give to files in a download of all submissions.

- Moodle (mod/assign/classes/downloader.php): `Ada Example_100_assignsubmission_file` and the file's name: as
  a folder, with or without an underscore at its end, or as a prefix. Names hold no underscores. The number is
  another one in every assignment. A group without a number has none.
- Canvas (lib/content_zipper.rb): `exampleada_1234_56789_attention.ipynb`, with `_LATE` before the numbers of
  the user and of the file; anonymous: `anon_a1B2c_56789_attention.ipynb`.
- Blackboard Learn (Assignment File Download): `Week 5_ada_attempt_2026-03-06-17-00-00_attention.ipynb`, in
  the server's time, and a text file without a name behind the time, whose first line names the student.
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
# The first time in a name is the platform's: a student may have put another one into the file's own name.
_BLACKBOARD = re.compile(
    r"(?P<head>.+?)_[^\W\d_]+_(?P<time>\d{4}(?:-\d{2}){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL
)
_RECEIPT = re.compile(r"\s*[^\W\d_]+:[^\n]*\((?P<student>[^()\n]+)\)\s*$", re.MULTILINE)


EITHER = "Canvas or Blackboard"
"""The platform of a name that both could have given."""


@dataclass(frozen=True)
class PlatformName:
    """What a platform says in a name."""

    platform: str
    student: str
    file: str
    """The file as the student named it; empty for a folder."""
    number: str = ""
    """Moodle's, which tells two people of one name apart within one download."""
    order: tuple[str, int] = ("", 0)
    """A later attempt has a larger one: a time as text, a file's number."""
    time: str = ""
    """2026-03-06-17-00-00, in the platform's own zone."""
    late: bool = False


def read_platform_name(name: str, patterns: Iterable[re.Pattern[str]] = ()) -> PlatformName | None:
    """Reads a file's or a folder's name; None for one that no platform gives.

    Blackboard's is the student with the assignment before it; see `settle_blackboard`.

    Args:
        patterns: more of them, tried first, with the groups `student`, `file` and, if they like, `time`.
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
    """Whether it is the text file that Blackboard adds to each submission."""
    found = _BLACKBOARD.fullmatch(name)
    return bool(found) and found["file"] is None


def receipt_student(text: str) -> str:
    """The user name in the first line of Blackboard's text file: `Name: Ada Example (ada)`."""
    found = _RECEIPT.match(text.split("\n", 1)[0])
    return found["student"].strip() if found else ""


def settle_blackboard(heads: Iterable[str], receipts: Mapping[str, str]) -> dict[str, str]:
    """The student in each of Blackboard's heads, `assignment_student`; both may hold underscores.

    Args:
        heads: those of one download.
        receipts: for a head, the user name that Blackboard's text file gives.
    """
    heads = sorted(set(heads))
    found = {}
    for head in heads:
        receipt = receipts.get(head, "")
        found[head] = receipt if receipt and head.endswith(f"_{receipt}") else head.rpartition("_")[2]
    times = Counter(found.values())
    common = _common_start(heads)
    for head in heads:  # the assignment's name is what all of a download begin with
        if times[found[head]] > 1 and not receipts.get(head):
            found[head] = head[len(common) :]
    return found


def _common_start(heads: list[str]) -> str:
    first, last = heads[0], heads[-1]
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), 0)
    return first[: first.rfind("_", 0, same) + 1]


def settled(name: PlatformName, students: Mapping[str, str], receipts: Mapping[str, str]) -> PlatformName:
    """A name with Blackboard's student settled; where Canvas could have given it as well, by the text file
    that Blackboard adds."""
    if not name.time or (name.platform == EITHER and name.student not in receipts):
        return name
    return replace(name, platform="Blackboard", student=students[name.student])
