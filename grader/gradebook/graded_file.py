"""The graded notebook's way to its place, so that it is old or new at every moment, and never half.

It is written beside its place first; then the gradebook commits the points together with the file's digest;
then it is renamed. Whatever ends a run in between, `settle` finishes or undoes at the start of the next one:
the digest in the gradebook says which.
"""

import hashlib
import os
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from tempfile import NamedTemporaryFile

from grader.gradebook.errors import NotWritten, file_error_message

_UNFINISHED = ".part"
_FOLDER_BITS = 0o2770  # what nbgrader gives folders that several graders share


@dataclass(frozen=True)
class GradedFile:
    """Where one student's graded notebook belongs."""

    place: Path
    mode: int
    """Its permissions."""
    shared: bool = False
    """Whether several people grade, as members of one group (nbgrader's `groupshared`)."""

    @property
    def beside(self) -> Path:
        """Where it waits. Not in its own folder, whose files nbgrader copies into the feedback."""
        folder = self.place.parent
        return folder.with_name(f".{folder.name}.{self.place.name}.new")

    def write_beside(self, content: bytes) -> str:
        """Writes it, safe on the disk, and returns its digest.

        Raises:
            NotWritten: the disk refused; nothing is left of it.
        """
        try:
            with _said():
                self._make(self.beside.parent)
                _write(self.beside, content, self.mode)
        except NotWritten:
            self.drop()
            raise
        return digest(content)

    def finish(self, companions: Iterable[tuple[str, bytes]] = ()) -> None:
        """Puts what waits into its place, and the companions (name, content) beside it.

        Raises:
            NotWritten: the disk refused; it goes on waiting.
        """
        with _said():
            self._make(self.place.parent)
            for name, content in companions:
                _write(self.place.with_name(name), content, self.mode)
            os.replace(self.beside, self.place)
            _flush_folder(self.place.parent)

    def drop(self) -> None:
        """Removes what waits."""
        with suppress(OSError):
            self.beside.unlink()

    def tidy(self) -> None:
        """Removes what a run left that was killed while it wrote a file."""
        for place in (self.beside, self.place):
            for path in place.parent.glob(f"{escape(place.name)}.*{_UNFINISHED}"):
                with suppress(OSError):
                    path.unlink()

    def waiting(self) -> str:
        """The digest of what waits; empty where nothing does."""
        return _digest_of(self.beside)

    def current(self) -> str:
        """The digest of the file in place; empty where there is none."""
        return _digest_of(self.place)

    def _make(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self.shared:
            with suppress(PermissionError):  # it is a colleague's, who has done the same
                folder.chmod(folder.stat().st_mode & 0o777 | _FOLDER_BITS)


def digest(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError:
        return ""


def _write(path: Path, content: bytes, mode: int) -> None:
    """Writes a file whole: under another name first, then renamed over what is there."""
    name = {"prefix": f"{path.name}.", "suffix": _UNFINISHED}
    with NamedTemporaryFile(dir=path.parent, **name, delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, mode)
            os.replace(file.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Makes a rename outlive a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _said():
    try:
        yield
    except OSError as error:
        raise NotWritten(file_error_message(error)) from error
