"""What is in an archive or a folder, file by file, within bounds. Nothing is written where a name says."""

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
from typing import IO

from grader.collection.names import archive_stem, parts_of

_ZIP, _GZIP, _BZIP2, _XZ = b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
_FOREIGN = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}
_TAR_MAGIC = slice(257, 262)
_LONGEST_LIST = 2**25
"""Bytes that a zip file's list of contents may have: zipfile keeps all of it in memory."""


class NotUnpacked(Exception):
    """An archive, or a part of one, that is left out; the text says why."""


@dataclass
class Budget:
    """How many bytes may still be unpacked."""

    bytes: int

    def take(self, size: int) -> None:
        """Counts bytes that were unpacked.

        Raises:
            NotUnpacked: they are too many.
        """
        self.bytes -= size
        if self.bytes < 0:
            raise NotUnpacked("it holds too much.")


@dataclass(frozen=True)
class Member:
    """A file in an archive or a folder. It can be read until the next one is asked for."""

    parts: tuple[str, ...]
    """Its path; empty where that leads out, with `problem`."""
    name: str
    """The same as it stands there."""
    time: float = 0.0
    """When it was changed last, in seconds, where it says so."""
    open: Callable[[], IO[bytes]] | None = None
    problem: str = ""
    """Why it must not be read."""


def members_of_folder(folder: Path) -> Iterator[Member]:
    """Every file below a folder. Links are not followed."""
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(root, name)
            yield member_of_file(path, path.relative_to(folder).parts)


def member_of_file(path: Path, parts: tuple[str, ...]) -> Member:
    """A file on the disk as a member."""
    name = "/".join(parts)
    try:
        state = path.lstat()
    except OSError as error:
        return Member(parts, name, problem=f"it cannot be read: {error.strerror or error}")
    if not stat.S_ISREG(state.st_mode):
        return Member(parts, name, problem="it is a link, or no file")
    return Member(parts, name, state.st_mtime, lambda: path.open("rb"))


def members_of_archive(path: Path, name: str, most_files: int, budget: Budget) -> Iterator[Member]:
    """Every file in an archive, whatever its name's ending says that it is.

    Args:
        name: the archive's, with its ending.
        most_files: how many files it may list.
        budget: for what must be unpacked to see what there is: all of a tar archive, nothing of a zip file.

    Raises:
        NotUnpacked: it is damaged, of a kind that Python cannot unpack, or too large.
    """
    try:
        for number, member in enumerate(_members(path, name, budget)):
            if number >= most_files:
                raise NotUnpacked("it holds too many files.")
            yield member
    except NotUnpacked:
        raise
    except Exception as error:  # whatever zipfile, tarfile and the decompressors make of hostile bytes
        raise NotUnpacked(f"it is damaged ({_said(error)}).") from None


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
            yield from _of_stream(opener(file) if opener else file, name, budget)


_STREAMS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    _GZIP: lambda file: gzip.GzipFile(fileobj=file),
    _BZIP2: bz2.BZ2File,
    _XZ: lzma.LZMAFile,
}


def _of_zip(file: IO[bytes]) -> Iterator[Member]:
    if _list_size(file) > _LONGEST_LIST:
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
    """The member's name; macOS writes UTF-8 without saying so."""
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


def _list_size(file: IO[bytes]) -> int:
    """Bytes of a zip file's list of contents, as its end says; 0 where it has none."""
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
    return _list_size_64(file, locator) if locator.startswith(b"PK\6\7") else size


def _list_size_64(file: IO[bytes], locator: bytes) -> int:
    (place,) = struct.unpack_from("<Q", locator, 8)
    file.seek(min(place, 2**62))
    record = file.read(56)
    file.seek(0)
    return struct.unpack_from("<Q", record, 40)[0] if len(record) == 56 else 0


def _of_stream(stream: IO[bytes], name: str, budget: Budget) -> Iterator[Member]:
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
    return Member(parts or (), info.name, float(info.mtime), lambda: archive.extractfile(info), problem)


class _Bounded(io.RawIOBase):
    """A stream that gives no more than its budget."""

    def __init__(self, stream: IO[bytes], budget: Budget):
        self._stream, self._budget, self._ahead = stream, budget, b""

    def peek(self, size: int) -> bytes:
        """The stream's beginning, which is read again."""
        while len(self._ahead) < size and (piece := self._stream.read(size - len(self._ahead))):
            self._ahead += piece
        return self._ahead

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = 2**20 if size < 0 else size
        given, self._ahead = self._ahead[:size], self._ahead[size:]
        pieces = [given]
        wanted = size - len(given)
        while wanted and (piece := self._stream.read(min(wanted, 2**20))):
            self._budget.take(len(piece))
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200] if str(error) else type(error).__name__
