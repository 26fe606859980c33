"""Lists the files in an archive or a folder, within limits. Nothing is written to the paths in archives."""

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from grader.collection.names import archive_stem, parts_of

_ZIP, _GZIP, _BZIP2, _XZ = b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
_FOREIGN = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}
_TAR_MAGIC = slice(257, 262)
_MAX_DIRECTORY = 2**25
"""The size limit, in bytes, of a zip file's central directory, which zipfile keeps in memory."""


class NotUnpacked(Exception):
    """An archive, or a part of one, cannot be unpacked; the message states why."""


@dataclass
class Budget:
    """The number of bytes that may still be unpacked."""

    bytes: int

    def take(self, size: int) -> None:
        """Deducts unpacked bytes.

        Raises:
            NotUnpacked: the budget is exceeded.
        """
        self.bytes -= size
        if self.bytes < 0:
            raise NotUnpacked("it holds too much.")


class ByteStream(Protocol):
    """A binary stream that can be read, and closed by `with`."""

    def read(self, size: int = -1, /) -> bytes:
        """Returns at most `size` bytes, or all that are left."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool | None: ...


@dataclass(frozen=True)
class Member:
    """A file in an archive or a folder, readable until the next one is requested."""

    parts: tuple[str, ...]
    """The components of its path; empty, with `problem`, if the path leads out of the archive."""
    name: str
    """The path as in the archive."""
    time: float = 0.0
    """Modification time in seconds since the epoch; 0 if unknown."""
    open: Callable[[], ByteStream] | None = None
    """None if there is a `problem`."""
    problem: str = ""
    """The reason why it must not be read."""


def members_of_folder(folder: Path) -> Iterator[Member]:
    """Yields every file below a folder. Links are not followed."""
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(root, name)
            yield member_of_file(path, path.relative_to(folder).parts)


def member_of_file(path: Path, parts: tuple[str, ...]) -> Member:
    """Returns a file on the disk as a member."""
    name = "/".join(parts)
    try:
        state = path.lstat()
    except OSError as error:
        return Member(parts, name, problem=f"it cannot be read: {error.strerror or error}")
    if not stat.S_ISREG(state.st_mode):
        return Member(parts, name, problem="it is a link, or no file")
    return Member(parts, name, state.st_mtime, lambda: path.open("rb"))


def members_of_archive(path: Path, name: str, most_files: int, budget: Budget) -> Iterator[Member]:
    """Yields every file in an archive, whose format is detected by its first bytes.

    Args:
        name: the archive's name, with its suffix.
        most_files: the number of files that it may list.
        budget: for the bytes that listing must unpack: all of a tar archive, none of a zip file.

    Raises:
        NotUnpacked: it is damaged, of a format that Python cannot unpack, or too large.
    """
    try:
        for number, member in enumerate(_members(path, name, budget)):
            if number >= most_files:
                raise NotUnpacked("it holds too many files.")
            yield member
    except NotUnpacked:
        raise
    except Exception as error:  # zipfile, tarfile and the decompressors raise many types on hostile bytes
        raise NotUnpacked(f"it is damaged ({_description(error)}).") from None


def _members(path: Path, name: str, budget: Budget) -> Iterator[Member]:
    with path.open("rb") as file:
        head = file.read(512)
        file.seek(0)
        for magic, kind in _FOREIGN.items():
            if head.startswith(magic):
                raise NotUnpacked(f"it is {kind}, which cannot be unpacked here: ask for a zip file.")
        opener = next((each for magic, each in _STREAMS.items() if head.startswith(magic)), None)
        if head.startswith(_ZIP) or (opener is None and name.lower().endswith(".zip")):
            yield from _of_zip(file)
        else:
            stream: ByteStream = opener(file) if opener else file
            yield from _of_stream(stream, name, budget)


_STREAMS: dict[bytes, Callable[[IO[bytes]], ByteStream]] = {
    _GZIP: lambda file: gzip.GzipFile(fileobj=file),
    _BZIP2: bz2.BZ2File,
    _XZ: lzma.LZMAFile,
}


def _of_zip(file: IO[bytes]) -> Iterator[Member]:
    if _directory_size(file) > _MAX_DIRECTORY:
        raise NotUnpacked("it holds too many files.")
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield _in_zip(archive, info)


def _in_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    name = _zip_name(info)
    parts = parts_of(name)
    problem = ""
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        problem = "it is a link, or no file"
    elif parts is None:
        problem = "its name leads out of the archive"
    elif info.flag_bits & 1:
        problem = "it is encrypted: ask for it without a password"
    return Member(parts or (), name, _zip_time(info), lambda: archive.open(info), problem)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Returns the member's name; macOS writes UTF-8 without setting the flag for it."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _zip_time(info: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


def _directory_size(file: IO[bytes]) -> int:
    """Returns the size in bytes of a zip file's central directory, from the record at its end; 0 without one.

    See PKWARE's APPNOTE.TXT, sections 4.3.14 to 4.3.16: the record has 22 bytes and a comment of at most
    65,535, and the Zip64 locator before it has 20 bytes.
    """
    file.seek(0, os.SEEK_END)
    start = max(0, file.tell() - 65_557 - 20)
    file.seek(start)
    end = file.read()
    file.seek(0)
    found = end.rfind(b"PK\5\6")
    if found < 0 or len(end) < found + 22:
        return 0
    (size,) = struct.unpack_from("<L", end, found + 12)
    locator = end[max(0, found - 20) : found]
    return _directory_size_64(file, locator) if locator.startswith(b"PK\6\7") else size


def _directory_size_64(file: IO[bytes], locator: bytes) -> int:
    (place,) = struct.unpack_from("<Q", locator, 8)
    file.seek(min(place, 2**62))
    record = file.read(56)
    file.seek(0)
    return struct.unpack_from("<Q", record, 40)[0] if len(record) == 56 else 0


def _of_stream(stream: ByteStream, name: str, budget: Budget) -> Iterator[Member]:
    bounded = _Bounded(stream, budget)
    if bounded.peek(512)[_TAR_MAGIC] != b"ustar":
        if stream.__class__ is io.BufferedReader:
            raise NotUnpacked("it is damaged, or no archive.")
        stem = archive_stem(name) or name  # one compressed file: attention.ipynb.gz
        parts = parts_of(stem)
        yield Member(parts or (), stem, open=lambda: bounded, problem="" if parts else "it has no name")
        return
    with tarfile.open(fileobj=bounded, mode="r|") as archive:
        for info in archive:
            if not info.isdir():
                yield _in_tar(archive, info)


def _in_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    parts = parts_of(info.name)
    problem = ""
    if not info.isreg():
        problem = "it is a link, or no file"
    elif parts is None:
        problem = "its name leads out of the archive"

    def opened() -> ByteStream:
        file = archive.extractfile(info)
        assert file is not None, "tarfile opens every regular file"
        return file

    return Member(parts or (), info.name, float(info.mtime), opened, problem)


class _Bounded(io.RawIOBase):
    """A stream that raises NotUnpacked when more is read than its budget allows."""

    def __init__(self, stream: ByteStream, budget: Budget):
        self._stream, self._budget, self._ahead = stream, budget, b""

    def peek(self, size: int) -> bytes:
        """Returns the beginning of the stream without consuming it."""
        while len(self._ahead) < size and (piece := self._stream.read(size - len(self._ahead))):
            self._ahead += piece
        return self._ahead

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = 2**20 if size < 0 else size
        first, self._ahead = self._ahead[:size], self._ahead[size:]
        pieces = [first]
        wanted = size - len(first)
        while wanted and (piece := self._stream.read(min(wanted, 2**20))):
            self._budget.take(len(piece))
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)


def _description(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200] if str(error) else type(error).__name__
