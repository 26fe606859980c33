"""Graded notebooks on the disk, each of which is whole at every moment, either the old one or the new.

A notebook is first written to a staging path; then the gradebook commits the points together with the file's
digest; then the file is moved to its place. After an interruption, `recovery.recover` finishes or undoes this
at the start of the next run: the digest in the gradebook shows which.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from tempfile import NamedTemporaryFile

from grader.gradebook.errors import NotWritten, file_error_message

_UNFINISHED = ".part"
_SHARED_FOLDER_MODE = 0o2770  # nbgrader's mode for folders that several graders share


@dataclass(frozen=True)
class GradedFile:
    """The place of one student's graded notebook."""

    path: Path
    mode: int
    """Its permissions."""
    shared: bool = False
    """True if several people grade, as members of one group (nbgrader's `groupshared`)."""

    @property
    def staged(self) -> Path:
        """The staging path, outside the notebook's folder, which nbgrader copies into the feedback."""
        folder = self.path.parent
        return folder.with_name(f".{folder.name}.{self.path.name}.new")

    def stage(self, content: bytes) -> str:
        """Writes the staged file, flushed to the disk, and returns its digest.

        Raises:
            NotWritten: the disk refused; nothing is left of the file.
        """
        try:
            with _as_not_written():
                self._make(self.staged.parent)
                _write(self.staged, content, self.mode)
        except NotWritten:
            self.discard()
            raise
        return digest(content)

    def publish(self, companions: Iterable[tuple[str, bytes]] = ()) -> None:
        """Moves the staged file to its place, and writes the companions (name, content) beside it.

        Raises:
            NotWritten: the disk refused; the file stays staged.
        """
        with _as_not_written():
            self._make(self.path.parent)
            for name, content in companions:
                _write(self.path.with_name(name), content, self.mode)
            self.staged.replace(self.path)
            _flush_folder(self.path.parent)

    def discard(self) -> None:
        """Removes the staged file."""
        with suppress(OSError):
            self.staged.unlink()

    def tidy(self) -> None:
        """Removes unfinished files of a run that was killed while it wrote them."""
        for place in (self.staged, self.path):
            for path in place.parent.glob(f"{escape(place.name)}.*{_UNFINISHED}"):
                with suppress(OSError):
                    path.unlink()

    def staged_digest(self) -> str:
        """Returns the digest of the staged file; empty where there is none."""
        return _digest_of(self.staged)

    def current_digest(self) -> str:
        """Returns the digest of the file in its place; empty where there is none."""
        return _digest_of(self.path)

    def _make(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self.shared:
            with suppress(PermissionError):  # a colleague owns it and has set its mode
                folder.chmod(folder.stat().st_mode & 0o777 | _SHARED_FOLDER_MODE)


def digest(content: bytes) -> str:
    """Returns the SHA-256 digest in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError:
        return ""


def _write(path: Path, content: bytes, mode: int) -> None:
    """Writes a file atomically: under a temporary name, which is then renamed."""
    with NamedTemporaryFile(
        dir=path.parent, prefix=f"{path.name}.", suffix=_UNFINISHED, delete=False
    ) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(mode)
            Path(file.name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(file.name).unlink()
            raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Flushes a folder to the disk, so that a rename survives a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _as_not_written() -> Iterator[None]:
    """Raises NotWritten, with the sentence to show, in place of an OSError."""
    try:
        yield
    except OSError as error:
        raise NotWritten(file_error_message(error)) from error
