"""Students' folders in one Unicode spelling: macOS writes zoë with the ë as two characters, others as one."""

import unicodedata
from contextlib import suppress
from pathlib import Path

SECOND = (
    "there are two folders of this name, in two Unicode spellings: keep the one that counts, and grade again."
)


def one_spelling(submitted: Path, week: str) -> set[str]:
    """Gives each student's folder the composed spelling, which the gradebook knows.

    Args:
        submitted: the folder of all submissions.
        week: the week's folder.

    Returns:
        Students with two submissions of the week, one in each spelling. Both stay where they are.
    """
    both = set()
    for folder in sorted(submitted.iterdir()) if submitted.is_dir() else ():
        name = _composed(folder.name)
        if name == folder.name or folder.is_symlink() or not folder.is_dir():
            continue
        if not _merge(folder, folder.with_name(name), week):
            both.add(name)
    return both


def composed_only(students: list[str]) -> list[str]:
    """The students without those whose other spelling is there as well."""
    return [
        student for student in students if _composed(student) == student or _composed(student) not in students
    ]


def _merge(folder: Path, composed: Path, week: str) -> bool:
    """Moves a folder, or the week's part of it, to its composed name; False where that is taken."""
    with suppress(OSError):  # read-only folders keep their spelling
        if not composed.exists() or composed.samefile(folder):
            folder.rename(composed)
        elif not (folder / week).exists():
            return True
        elif not (composed / week).exists():
            (folder / week).rename(composed / week)
    return not ((folder / week).exists() and (composed / week).exists() and not composed.samefile(folder))


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)
