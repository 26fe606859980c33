"""Writes a bundle atomically and reproducibly: the same bytes for the same content."""

import contextlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from utils.errors import CourseError

FOLDER = "gpt2-in-twelve-weeks"
"""The archive's top folder."""
_COMMENT = b"GPT-2 in twelve weeks, for students"
_DATE = (2026, 1, 1, 0, 0, 0)
"""The date of every entry, so that the archive depends on its content alone. Without one, zip says 1980."""


def write_archive(path: Path, files: Mapping[str, bytes]) -> None:
    """Writes the archive, replacing an earlier bundle but no other file.

    Raises:
        CourseError: `path` is another file, or cannot be written.
    """
    if (path.exists() or path.is_symlink()) and not is_bundle(path):
        raise CourseError(f"{path} is there already and is no bundle of the course: name another file.")
    try:
        _write(path, files)
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror or error}.") from None


def is_bundle(path: Path) -> bool:
    """Returns True if the file is a bundle of this course, by its zip comment."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment == _COMMENT
    except (OSError, zipfile.BadZipFile):
        return False


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.comment = _COMMENT
                for name in sorted(files):
                    archive.writestr(_entry(name), files[name], zipfile.ZIP_DEFLATED)
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(file.name).unlink()
            raise


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{FOLDER}/{name}", _DATE)
    entry.external_attr = 0o644 << 16
    return entry
