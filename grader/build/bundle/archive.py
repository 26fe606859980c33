"""Writes a bundle: the same bytes for the same content, whole or not at all."""

import contextlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from utils.errors import CourseError

FOLDER = "gpt2-in-twelve-weeks"
"""The folder that unpacking makes."""
_MARK = b"GPT-2 in twelve weeks, for students"
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The archive's dates, so that it depends on its content alone. Zip knows none earlier."""


def write_archive(path: Path, files: Mapping[str, bytes]) -> None:
    """Writes the archive. An earlier bundle is replaced, no other file is.

    Raises:
        CourseError: another file is there, or it cannot be written.
    """
    if (path.exists() or path.is_symlink()) and not is_bundle(path):
        raise CourseError(f"{path} is there already and is no bundle of the course: name another file.")
    try:
        _write(path, files)
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror or error}.") from None


def is_bundle(path: Path) -> bool:
    """Whether a file is a bundle that was made here."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment == _MARK
    except (OSError, zipfile.BadZipFile):
        return False


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.comment = _MARK
                for name in sorted(files):
                    archive.writestr(_entry(name), files[name], zipfile.ZIP_DEFLATED)
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(file.name)
            raise


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{FOLDER}/{name}", _BEGINNING)
    entry.external_attr = 0o644 << 16
    return entry
