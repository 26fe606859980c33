"""Attacks by the archive that a student hands in through a learning platform, for `nbgrader zip_collect`."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

MIB = 2**20
NOTEBOOK = b"{}"
MOST_BYTES, MOST_FILES = 16 * MIB, 200
"""The limits that the tests set."""

Write = Callable[[zipfile.ZipFile], object]


@dataclass(frozen=True)
class ArchiveAttack:
    """One archive."""

    name: str
    idea: str
    make: Callable[[], bytes]
    said: str
    """A part of what the log says."""
    is_broken: bool = False
    """Whether it is given up; else everything is unpacked but for what is hostile."""
    file: str = "mallory.zip"


def zipped(*write: Write) -> bytes:
    """A zip file to which each of `write` has added something, and at last a notebook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in write:
            each(archive)
        archive.writestr("attention.ipynb", NOTEBOOK)
    return out.getvalue()


def named(name: str, content: bytes = b"x") -> Write:
    """Adds a file of that name."""
    return lambda archive: archive.writestr(name, content)


def nested(levels: int) -> bytes:
    """An archive in an archive, so many times."""
    content = zipped()
    for _ in range(levels):
        content = zipped(named("inner.zip", content))
    return content


def _linked(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("link.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def _tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"special{kind!r}")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name in ("../../escaped", "/tmp/escaped", "attention.ipynb"):
            info = tarfile.TarInfo(name)
            info.size = len(NOTEBOOK)
            archive.addfile(info, io.BytesIO(NOTEBOOK))
    return out.getvalue()


def _bomb() -> bytes:
    zeros = bytes(4 * MIB)
    return zipped(*(named(f"zeros{number}", zeros) for number in range(16)))


_OUT = "leads out of the archive"

ARCHIVES = [
    ArchiveAttack(
        "zip slip",
        "names that lead out of the folder",
        lambda: zipped(named("../../escaped"), named("a/../../../escaped")),
        _OUT,
    ),
    ArchiveAttack(
        "absolute names",
        "names that begin at the root, or at a drive",
        lambda: zipped(named("/tmp/escaped"), named("C:\\escaped")),
        _OUT,
    ),
    ArchiveAttack(
        "backslashes", "names that lead out on Windows", lambda: zipped(named("..\\..\\escaped")), _OUT
    ),
    ArchiveAttack("link in a zip", "a link to /etc/passwd", lambda: zipped(_linked), "it is a link"),
    ArchiveAttack(
        "links in a tar",
        "links, hard links, a device, names that lead out",
        _tarred,
        "it is a link",
        file="mallory.tar.gz",
    ),
    ArchiveAttack(
        "name twice",
        "two files of one name",
        lambda: zipped(named("attention.ipynb", NOTEBOOK)),
        "there is one already",
    ),
    ArchiveAttack("zip bomb", "zeros, a thousand times its own size", _bomb, "it holds too much", True),
    ArchiveAttack(
        "files without number",
        "more files than a folder should hold",
        lambda: zipped(*map(named, map(str, range(300)))),
        "it holds too many files",
        True,
    ),
    ArchiveAttack(
        "zip cut off",
        "its end is missing",
        lambda: zipped(named("a", bytes(10_000)))[:-50],
        "it is damaged",
        True,
    ),
    ArchiveAttack(
        "no zip", "a text that is called .zip", lambda: b"PK, and nothing more", "it is damaged", True
    ),
    ArchiveAttack("empty zip", "no bytes that are called .zip", lambda: b"", "it is damaged", True),
    ArchiveAttack(
        "names that differ",
        "its list of contents and its contents name different files",
        lambda: zipped().replace(b"attention.ipynb", b"attention.ipynB", 1),
        "it is damaged",
        True,
    ),
]
