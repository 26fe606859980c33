"""Archives from a learning platform: what is hostile or damaged costs its own student, and nobody else."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.collect import CarefulExtractor
from grader.student_version import load_config

from .notebooks import week05

MIB = 2**20
NOTEBOOK = b"{}"
Write = Callable[[zipfile.ZipFile], object]


def zipped(*write: Write) -> bytes:
    """A zip file to which each of `write` has added something, and at last a notebook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in write:
            each(archive)
        archive.writestr("attention.ipynb", NOTEBOOK)
    return out.getvalue()


def named(name: str, content: bytes = b"x") -> Write:
    return lambda archive: archive.writestr(name, content)


def linked(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("link.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def tarred() -> bytes:
    """A tar file with a link, a hard link, a device and a notebook."""
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


def nested(levels: int) -> bytes:
    """An archive in an archive, so many times."""
    content = zipped()
    for _ in range(levels):
        content = zipped(named("inner.zip", content))
    return content


def bomb() -> bytes:
    """Zeros, a thousand times the archive's own size."""
    zeros = bytes(4 * MIB)
    return zipped(*(named(f"zeros{number}", zeros) for number in range(16)))


ARCHIVES = {
    "slip": (lambda: zipped(named("../../escaped"), named("a/../../../escaped")), "leads out of the archive"),
    "absolute": (lambda: zipped(named("/tmp/escaped"), named("C:\\escaped")), "leads out of the archive"),
    "backslashes": (lambda: zipped(named("..\\..\\escaped")), "leads out of the archive"),
    "link": (lambda: zipped(linked), "it is a link"),
    "tar.gz": (tarred, "it is a link"),
    "name again": (lambda: zipped(named("attention.ipynb", NOTEBOOK)), "there is one already"),
}
"""Each is unpacked but for what is hostile in it."""
BROKEN = {
    "bomb": (bomb, "it holds too much"),
    "many": (lambda: zipped(*map(named, map(str, range(300)))), "it holds too many files"),
    "cut off": (lambda: zipped(named("a", bytes(10_000)))[:-50], "it is damaged"),
    "no archive": (lambda: b"PK and nothing more", "it is damaged"),
    "empty": (lambda: b"", "it is damaged"),
    "changed": (lambda: zipped().replace(b"attention.ipynb", b"attention.ipynB", 1), "it is damaged"),
}
"""Each is given up."""


@pytest.fixture
def unpacked(tmp_path, caplog) -> Callable[[str, bytes], Path]:
    """Unpacks an archive between those of two honest students; returns its student's folder."""

    def unpack(name: str, content: bytes) -> Path:
        archive, extracted = tmp_path / "archive", tmp_path / "a/b/extracted"
        archive.mkdir()
        for student in ("ada", "zoe"):
            (archive / f"{student}.zip").write_bytes(zipped())
        (archive / name).write_bytes(content)
        plugin = CarefulExtractor(most_bytes=16 * MIB, most_files=200)
        plugin.log.propagate = True
        plugin.extract(str(archive), str(extracted))
        for student in ("ada", "zoe"):
            assert (extracted / student / "attention.ipynb").read_bytes() == NOTEBOOK
        assert not [path for path in tmp_path.rglob("escaped*") if extracted not in path.parents]
        assert not Path("/tmp/escaped").exists()
        assert not [path for path in extracted.rglob("*") if path.is_symlink()]
        return extracted / "mallory"

    return unpack


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_is_hostile_in_an_archive_is_left_out(unpacked, caplog, name):
    make, said = ARCHIVES[name]
    folder = unpacked("mallory.tar.gz" if name == "tar.gz" else "mallory.zip", make())
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["attention.ipynb"]
    assert said in caplog.text


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_archive_stops_nobody_else(unpacked, caplog, name):
    make, said = BROKEN[name]
    folder = unpacked("mallory.zip", make())
    assert said in caplog.text
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 16 * MIB


def test_an_archive_in_an_archive_is_opened_once(unpacked):
    folder = unpacked("mallory.zip", nested(4))
    assert (folder / "inner/attention.ipynb").exists()
    assert not (folder / "inner/inner/attention.ipynb").exists()


def test_zip_collect_uses_it():
    plugin = load_config(week05.REPOSITORY).ZipCollectApp.extractor_plugin
    assert plugin == "grader.collect.CarefulExtractor"
