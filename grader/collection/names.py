"""Parses names of files and folders given by people, browsers and operating systems."""

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
_MAX_CHARACTERS = 128
"""The width of nbgrader's database column for a student's id."""
_MAX_BYTES = 200
"""File systems allow 255 bytes for one name; the rest is reserve."""

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
    """A name cannot be that of a student's folder; the message completes a sentence that begins with it."""


def student_name(text: str) -> str:
    """Returns the normalised name of a student's folder.

    Decomposed Unicode (macOS) is composed, and blanks and dots at the end, which Windows drops, are removed.

    Raises:
        BadName: it is not a single path component, or too long for a folder or for the gradebook.
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
    if len(name) > _MAX_CHARACTERS or size > _MAX_BYTES:
        raise BadName("is too long for a student's name")
    return name


def parts_of(name: str) -> tuple[str, ...] | None:
    """Returns the components of an archive member's path; None if it leads out of the archive."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    absolute = name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name)
    return None if absolute or ".." in parts or not parts or "\0" in name else parts


def is_junk(parts: tuple[str, ...]) -> bool:
    """Returns True for files that macOS, Windows or Jupyter add by themselves, and for hidden ones."""
    return any(part.casefold() in _JUNK or part.startswith(".") for part in parts)


def archive_stem(name: str) -> str | None:
    """Returns an archive's name without its suffix; None for other files."""
    ending = next((each for each in ARCHIVES if name.lower().endswith(each)), None)
    if ending is None or notebook_stem(name) is not None:
        return None
    return name[: -len(ending)]


def notebook_stem(name: str) -> str | None:
    """Returns a notebook's name without .ipynb, to which browsers add .txt or .json; None for other files."""
    found = _NOTEBOOK.fullmatch(name)
    return found["stem"] if found else None


def stem_of_notebook(name: str) -> str:
    """Returns the name of a notebook without .ipynb, where it is known to be a notebook's."""
    stem = notebook_stem(name)
    assert stem is not None, f"{name!r} is not a notebook's name"
    return stem


def without_counter(stem: str) -> tuple[str, int]:
    """Splits off the number in brackets that a browser adds to a second download; 0 if there is none."""
    found = _COUNTER.fullmatch(stem)
    return (found["base"], int(found["number"])) if found else (stem, 0)


def without_version(name: str) -> str:
    """Returns a name without its version marks, such as copy, old, attempt 2, (1) and v3, case-folded."""
    return _VERSION.sub(" ", f" {name} ").strip().casefold()


@dataclass(frozen=True)
class NotebookName:
    """A parsed file name of a notebook."""

    notebook: str
    """The name of the week's notebook; empty if the file is not named after one."""
    prefix: str = ""
    """The text before the notebook's name and an underscore."""
    quality: int = 0
    """3: the notebook's name, with or without a counter; 1: a name that contains it; 0: another name."""
    counter: tuple[int, int] = (0, 0)
    """The numbers that a platform and a browser added."""
    rest: str = ""
    """The text after the notebook's name, other than a number."""


def read_notebook_name(stem: str, notebooks: frozenset[str] | None) -> NotebookName:
    """Parses a notebook's file name, without its suffix.

    Args:
        notebooks: the names of the week's notebooks; None if they are not known.
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
    return _containing(stem, notebooks)


def _containing(stem: str, notebooks: frozenset[str]) -> NotebookName:
    for notebook in sorted(notebooks, key=len, reverse=True):
        pattern = rf"(?:(?P<prefix>.+)_)?(?:.*[^\w]|)(?<![^\W_]){re.escape(notebook)}(?![^\W_])(?P<rest>.*)"
        found = re.fullmatch(pattern, stem, re.IGNORECASE | re.DOTALL)
        if found:
            return NotebookName(notebook, found["prefix"] or "", 1, rest=found["rest"])
    return NotebookName("")


def own_name(stem: str) -> str:
    """Returns the student's part of a name given by hand: without `Copy of` and the week."""
    return _WEEK.sub("", _COPY_OF.sub("", stem))


def is_general(name: str) -> bool:
    """Returns True if a name is that of a collection of files, and so not a student's."""
    return re.sub(r"[\W\d_]+$", "", name).casefold() in _GENERAL
