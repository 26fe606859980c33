"""Names of files and folders, as people, browsers and operating systems give them."""

import re
import unicodedata
from dataclasses import dataclass

ARCHIVES = (
    ".tar.gz", ".tar.bz2", ".tar.xz", ".zip", ".tgz", ".tbz2", ".txz", ".tar", ".gz",
    ".7z", ".rar",
)  # fmt: skip
_JUNK = {
    "__macosx", ".ipynb_checkpoints", "__pycache__", "thumbs.db", "desktop.ini", "site-packages",
    "node_modules", "$recycle.bin",
}  # fmt: skip
_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"
}
_MOST_CHARACTERS = 128
"""nbgrader's column for a student's name."""
_MOST_BYTES = 200
"""File systems allow 255 for one name."""

_COUNTER = re.compile(r"(?P<base>.*\S)\s*\((?P<number>\d{1,4})\)", re.DOTALL)
_DASHED = re.compile(r"(?P<base>.*\w)-(?P<number>\d{1,4})", re.DOTALL)
_NOTEBOOK = re.compile(r"(?P<stem>.*)\.ipynb(?:\.txt|\.json)?", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(r"(?:(?P<prefix>.+)_)?(?P<notebook>[^_\s]+)", re.DOTALL)
_VERSION = re.compile(
    r"""[\s_.-]*(?:\(\d+\)|(?<![^\W_])(?:copy|kopie|copie|copia|old|new|alt|neu|backup|final|draft|attempt|try|version
    |v|rev|submission|abgabe|versuch|week|of|von|de)\s*[_.-]?\d{0,4})(?![^\W\d_])[\s_.-]*""",
    re.IGNORECASE | re.VERBOSE,
)
_WEEK = re.compile(r"(?:^|[\s_-]+)week[\s_-]?\d{1,2}(?:_\w+)?$", re.IGNORECASE)
_COPY_OF = re.compile(r"^(?:copy of|kopie von|copie de|copia de)\s+", re.IGNORECASE)
_GENERAL = {
    "all", "archive", "archives", "archiv", "assignment", "assignments", "attachments", "class",
    "classes", "documents", "download", "downloads", "exercises", "files", "folder", "homework",
    "homeworks", "notebook", "notebooks", "student", "students", "submissions", "uploads", "zip",
}  # fmt: skip


class BadName(ValueError):
    """A name that cannot be a student's folder; the text says why, as the end of a sentence on it."""


def student_name(text: str) -> str:
    """The student whose name a file or folder bears, in one spelling: the name of the student's folder.

    Composed and decomposed Unicode (macOS) are one spelling; so are names with blanks or dots at their end,
    which Windows drops.

    Raises:
        BadName: it is not one plain part of a path, or too long for a folder or for the gradebook.
    """
    name = unicodedata.normalize("NFC", text).strip().rstrip(". ")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise BadName("is not UTF-8") from None
    if not name:
        raise BadName("names no student")
    if name.startswith(".") or any(each in name for each in "/\\:"):
        raise BadName("is no plain name for a student's folder")
    if any(unicodedata.category(each) in {"Cc", "Zl", "Zp"} for each in name):
        raise BadName("holds control characters")
    if name.split(".")[0].strip().casefold() in _RESERVED:
        raise BadName("is a name that Windows keeps for a device")
    if len(name) > _MOST_CHARACTERS or size > _MOST_BYTES:
        raise BadName("is too long for a student's name")
    return name


def parts_of(name: str) -> tuple[str, ...] | None:
    """The parts of a member's name; None where it leads out of its archive."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    absolute = name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name)
    return None if absolute or ".." in parts or not parts or "\0" in name else parts


def is_junk(parts: tuple[str, ...]) -> bool:
    """Whether a file is one that systems add by themselves: macOS's, Windows's, Jupyter's, hidden ones."""
    return any(part.casefold() in _JUNK or part.startswith(".") for part in parts)


def archive_stem(name: str) -> str | None:
    """An archive's name without its ending; None for a file that is no archive."""
    ending = next((each for each in ARCHIVES if name.lower().endswith(each)), None)
    if ending is None or notebook_stem(name) is not None:
        return None
    return name[: -len(ending)]


def notebook_stem(name: str) -> str | None:
    """A notebook's name without its ending; browsers add .txt and .json. None for any other file."""
    found = _NOTEBOOK.fullmatch(name)
    return found["stem"] if found else None


def without_counter(stem: str) -> tuple[str, int]:
    """A name without the number in brackets that a browser adds to a second download, and the number."""
    found = _COUNTER.fullmatch(stem)
    return (found["base"], int(found["number"])) if found else (stem, 0)


def without_version(name: str) -> str:
    """A folder's or file's name without what tells versions apart: copy, old, attempt 2, (1), v3."""
    return _VERSION.sub(" ", f" {name} ").strip().casefold()


@dataclass(frozen=True)
class NotebookName:
    """What a notebook's file name says."""

    notebook: str
    """The week's notebook that it is; empty where the name is another."""
    prefix: str = ""
    """What stands before the notebook's name and an underscore."""
    quality: int = 0
    """3: the notebook's own name, counted or not; 1: a name that holds it; 0: another."""
    counter: tuple[int, int] = (0, 0)
    """Numbers that a platform and a browser have added."""
    rest: str = ""
    """What stands behind the notebook's name and is no number."""


def read_notebook_name(stem: str, notebooks: frozenset[str] | None) -> NotebookName:
    """Reads a notebook's file name, without its ending.

    Args:
        notebooks: the names that the week's notebooks have; None where they are not known.
    """
    whole, outer = without_counter(stem)
    dashed = _DASHED.fullmatch(whole)
    base, inner = (dashed["base"], int(dashed["number"])) if dashed else (whole, 0)
    tried = [(whole, (0, outer)), (base, (inner, outer))]
    if notebooks is None:
        found = _PLAIN.fullmatch(base)
        name = (found["notebook"], found["prefix"] or "") if found else (base, "")
        return NotebookName(name[0], name[1], 1 if name[1] else 3, (inner, outer))
    for notebook in sorted(notebooks, key=len, reverse=True):
        for text, counter in tried:
            if text.casefold() == notebook.casefold():
                return NotebookName(notebook, "", 3, counter)
        for text, counter in tried:
            found = re.fullmatch(rf"(.+)_{re.escape(notebook)}", text, re.IGNORECASE | re.DOTALL)
            if found:
                return NotebookName(notebook, found[1], 1, counter)
    return _holding(stem, notebooks)


def _holding(stem: str, notebooks: frozenset[str]) -> NotebookName:
    for notebook in sorted(notebooks, key=len, reverse=True):
        pattern = rf"(?:(?P<prefix>.+)_)?(?:.*[^\w]|)(?<![^\W_]){re.escape(notebook)}(?![^\W_])(?P<rest>.*)"
        found = re.fullmatch(pattern, stem, re.IGNORECASE | re.DOTALL)
        if found:
            return NotebookName(notebook, found["prefix"] or "", 1, rest=found["rest"])
    return NotebookName("")


def own_name(stem: str) -> str:
    """The student's part of a name that a person gave: without `Copy of` and without the week."""
    return _WEEK.sub("", _COPY_OF.sub("", stem))


def is_general(name: str) -> bool:
    """Whether a name is that of a collection of files, and of no student."""
    return re.sub(r"[\W\d_]+$", "", name).casefold() in _GENERAL
