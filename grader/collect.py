"""Unpacks what a learning platform hands over: `nbgrader zip_collect` uses this in place of its own.

nbgrader's own unpacks archives in archives without end and of any size, and one that is damaged stops it for
the whole class.
"""

import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from nbgrader.plugins.zipcollect import ExtractorPlugin
from traitlets import Int

_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".gz")


class NotUnpacked(Exception):
    """An archive, or a part of one, that is left out; the text says why."""


class CarefulExtractor(ExtractorPlugin):
    """Unpacks each file of the download by itself: what is wrong with one is said, and the others go on."""

    most_bytes = Int(512 * 2**20, help="What one downloaded archive may hold, unpacked.").tag(config=True)
    most_files = Int(5_000, help="How many files one downloaded archive may hold.").tag(config=True)
    deepest = Int(2, help="How often there may be an archive in an archive: a class's, a student's.").tag(
        config=True
    )

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpacks everything below `archive_path` into the same place below `extracted_path`.

        Archives get a folder of their name; other files are copied. Links are left out.
        """
        for root, _, names in os.walk(archive_path):
            place = Path(extracted_path, os.path.relpath(root, archive_path))
            place.mkdir(parents=True, exist_ok=True)
            for name in sorted(names):
                self._take(Path(root, name), place)

    def _take(self, path: Path, place: Path) -> None:
        if path.is_symlink() or not path.is_file():
            self.log.warning("%s is left out: it is a link, or no file.", path)
        elif _is_archive(path.name):
            self.log.info("Unpacking %s", path)
            left = _Left(self.most_bytes, self.most_files)
            self._unpack(path, place / _stem(path.name), left, self.deepest)
        elif self.force or not (place / path.name).exists():
            shutil.copy(path, place)

    def _unpack(self, path: Path, place: Path, left: "_Left", levels: int) -> None:
        place.mkdir(parents=True, exist_ok=True)
        try:
            for name, file in _members(path):
                self._member(name, file, place, left)
        except NotUnpacked as why:
            self.log.error("%s was not unpacked any further: %s", path, why)
        except (OSError, EOFError, ValueError, RuntimeError, *_DAMAGED) as error:
            self.log.error("%s was not unpacked any further: it is damaged (%s).", path, error)
        inner = [each for each in sorted(place.rglob("*")) if each.is_file() and _is_archive(each.name)]
        for each in inner if levels > 1 else ():
            self._unpack(each, each.with_name(_stem(each.name)), left, levels - 1)

    def _member(self, name: str, file: IO[bytes] | None, place: Path, left: "_Left") -> None:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        harmless = [part for part in parts if part not in ("..", "/") and ":" not in part]
        if file is None or len(harmless) != len(parts) or not parts:
            self.log.warning("%r is left out: it is a link, or leads out of the archive.", name[:200])
            return
        target = place.joinpath(*parts)
        if target.exists() and not self.force:
            self.log.warning("%r is left out: there is one already.", name[:200])
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with file, target.open("wb") as out:
            try:
                left.copy(file, out)
            except BaseException:
                target.unlink()  # half a file is none
                raise


_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, UnicodeError)


@dataclass
class _Left:
    """What an archive may still hold."""

    bytes: int
    files: int

    def copy(self, file: IO[bytes], out: IO[bytes]) -> None:
        """Copies a file by what it gives, whatever it says of its size.

        Raises:
            NotUnpacked: it, or all of the archive's files, are too much.
        """
        self.files -= 1
        if self.files < 0:
            raise NotUnpacked("it holds too many files.")
        while piece := file.read(2**20):
            self.bytes -= len(piece)
            if self.bytes < 0:
                raise NotUnpacked("it holds too much.")
            out.write(piece)


def _is_archive(name: str) -> bool:
    return name.lower().endswith(_ARCHIVES)


def _stem(name: str) -> str:
    return next(name[: -len(ending)] for ending in (*_ARCHIVES[1:], ".zip") if name.lower().endswith(ending))


def _members(path: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Each file of an archive with its name; None for what is no plain file."""
    if path.name.lower().endswith(".zip"):
        yield from _of_zip(path)
    else:
        yield from _of_tar(path)


def _of_zip(path: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            is_plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
            yield info.filename, archive.open(info) if is_plain else None


def _of_tar(path: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with tarfile.open(path) as archive:
        for info in archive:
            if not info.isdir():
                yield info.name, archive.extractfile(info) if info.isreg() else None
