"""Unicode spellings of students' folders: macOS writes ë as two characters, other systems as one."""

import unicodedata
from contextlib import suppress
from pathlib import Path

TWO_FOLDERS = (
    "there are two folders of this name, in two Unicode spellings: keep the one that counts, and grade again."
)


def one_spelling(submitted: Path, week: str) -> set[str]:
    """Renames each student's folder to the composed spelling (NFC), which the gradebook uses.

    Args:
        submitted: the folder of all submissions.
        week: the week's folder.

    Returns:
        Students with two submissions of the week, one in each spelling; neither is moved.
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
    """Return the students without decomposed names whose composed spelling is there too."""
    return [
        student for student in students if _composed(student) == student or _composed(student) not in students
    ]


def _merge(folder: Path, composed: Path, week: str) -> bool:
    """Moves a folder, or its folder of the week, to the composed name; False where that is taken."""
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
